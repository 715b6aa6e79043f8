using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>The decoding of one text: each stage hands its parts on to the next.</summary>
internal sealed class Decoding(DecoderStage[] stages)
{
    private readonly StringBuilder _text = new();

    /// <summary>Takes one token as it is written in the vocabulary.</summary>
    public void Take(string token) => Take(token, 0);

    /// <summary>The text that has become certain since the last call.</summary>
    public string Drain()
    {
        var text = _text.ToString();
        _text.Clear();
        return text;
    }

    /// <summary>Ends the text; returns what is left of it.</summary>
    public string Finish()
    {
        for (var stage = 0; stage < stages.Length; stage++)
        {
            var output = new List<string>();
            stages[stage].Finish(output);
            foreach (var part in output)
                Take(part, stage + 1);
        }

        return Drain();
    }

    private void Take(string part, int stage)
    {
        if (stage == stages.Length)
        {
            _text.Append(part);
            return;
        }

        var output = new List<string>();
        stages[stage].Take(part, output);
        foreach (var next in output)
            Take(next, stage + 1);
    }
}

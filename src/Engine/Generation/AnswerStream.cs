using System.Text;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation;

/// <summary>The text of one answer as it is generated, with the tokens that it is made of, in parts that are never taken back.</summary>
internal sealed class AnswerStream
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _withTokens;
    private readonly StringBuilder _output = new();
    private readonly List<AnswerToken> _tokens = [];
    private readonly Queue<(AnswerToken Token, int Start)> _open = [];
    private int _taken;
    private int _tokenBytes;
    private int _textBytes;
    private int _drained;

    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="stops">What ends the answer.</param>
    /// <param name="withTokens">Whether log-probabilities are wanted.</param>
    public AnswerStream(Tokenizer tokenizer, StopStrings stops, bool withTokens)
    {
        (_tokenizer, _withTokens) = (tokenizer, withTokens);
        Text = new AnswerText(stops, tokenizer.CreateStreamingDecoder(), trimmed: true);
    }

    /// <summary>Takes the answer's tokens and finds its stop strings.</summary>
    public AnswerText Text { get; }

    /// <summary>The answer so far.</summary>
    public string Output => _output.ToString();

    /// <summary>Its tokens so far; empty when log-probabilities are not wanted.</summary>
    public IReadOnlyList<AnswerToken> Tokens => _tokens;

    /// <summary>Takes text that is certain to belong to the answer.</summary>
    public void Add(string text)
    {
        _output.Append(text);
        _textBytes += Encoding.UTF8.GetByteCount(text);
    }

    /// <summary>What came since the last call; null for nothing.</summary>
    /// <param name="chosen">All tokens chosen so far.</param>
    /// <param name="endTokens">Tokens that end an answer and are not reported.</param>
    /// <param name="isComplete">Whether no more will come.</param>
    public TextDelta? Drain(IReadOnlyList<SampledToken> chosen, IReadOnlyList<int> endTokens, bool isComplete)
    {
        for (; _withTokens && _taken < chosen.Count; _taken++)
        {
            if (!endTokens.Contains(chosen[_taken].Token))
                Take(chosen[_taken]);
        }

        // Tokens that spell a stop string begin behind the end of the text; without one, all that was generated is the answer.
        var first = _tokens.Count;
        while (_open.TryPeek(out var next) && (next.Start < _textBytes || (isComplete && !Text.HasStopped)))
            _tokens.Add(_open.Dequeue().Token);
        var text = _output.ToString(_drained, _output.Length - _drained);
        _drained = _output.Length;
        return text.Length == 0 && _tokens.Count == first ? null : new TextDelta(text, _tokens[first..]);
    }

    private void Take(SampledToken chosen)
    {
        var atStart = _tokenBytes == 0;
        var token = new AnswerToken(
            Bytes(chosen.Token, atStart), chosen.LogProbability,
            [.. chosen.Top.Select(top => new AnswerToken(Bytes(top.Token, atStart), top.LogProbability, []))]);
        _open.Enqueue((token, _tokenBytes));
        _tokenBytes += token.Bytes.Length;
    }

    private ReadOnlyMemory<byte> Bytes(int token, bool atStart)
    {
        var bytes = _tokenizer.BytesOf(token);
        return atStart ? bytes.AsMemory(bytes.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) is var first and >= 0 ? first : bytes.Length) : bytes;
    }
}

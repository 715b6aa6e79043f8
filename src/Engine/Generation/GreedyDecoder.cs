using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Generation;

/// <summary>One generated continuation.</summary>
/// <param name="Ids">Token ids, without the end token.</param>
/// <param name="Ended">Whether the model ended it; otherwise the limit did.</param>
/// <param name="MeanProbability">Geometric mean of the chosen tokens' probabilities.</param>
internal sealed record Continuation(IReadOnlyList<int> Ids, bool Ended, double MeanProbability);

/// <summary>Generates the most likely token, one at a time, for a batch of prompts over one key/value cache.</summary>
/// <param name="model">The model.</param>
/// <param name="endTokens">Each of them ends a continuation.</param>
/// <remarks>Prompts are padded on the left, so that all of a batch grow at the same column; finished ones leave the batch.</remarks>
internal sealed class GreedyDecoder(CausalLanguageModel model, params int[] endTokens)
{
    /// <summary>Continues prompts.</summary>
    /// <param name="prompts">Token ids, at least one each.</param>
    /// <param name="limits">Most tokens to generate for each.</param>
    /// <param name="cancellationToken">Checked at every step.</param>
    public Continuation[] Generate(IReadOnlyList<int[]> prompts, IReadOnlyList<int> limits, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var width = prompts.Max(p => p.Length);
        var sequences = prompts.Select((p, row) => new Sequence(row, width - p.Length, p.Length, limits[row])).ToList();
        using var cache = new KeyValueCache(model.Config, prompts.Count, width + limits.Max(), model.Device, model.Dtype);
        var active = sequences.ToList();
        Accept(active, Prefill(prompts, active, width, cache));
        while (Drop(active, cache))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Accept(active, Decode(active, cache));
        }

        return [.. sequences.Select(s => new Continuation(s.Ids, s.Ended, s.MeanProbability))];
    }

    private (long[] Tokens, float[] LogProbabilities) Prefill(IReadOnlyList<int[]> prompts, List<Sequence> active, int width, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var ids = new long[active.Count * width];
        var positions = new long[active.Count * width];
        var mask = new bool[active.Count * width * width];
        foreach (var sequence in active)
        {
            var row = sequence.Row;
            for (var t = 0; t < width; t++)
            {
                var place = t - sequence.Padding;
                ids[row * width + t] = place < 0 ? 0 : prompts[row][place]; // any valid id: the mask hides padding
                positions[row * width + t] = Math.Max(place, 0);
                var see = mask.AsSpan((row * width + t) * width, width);
                see[t] = true; // padding sees itself, so that its softmax is defined
                if (place >= 0)
                    see[sequence.Padding..(t + 1)].Fill(true);
            }
        }

        var padded = active.Any(s => s.Padding > 0);
        var hidden = model.Hidden(
            tensor(ids, [active.Count, width], device: model.Device),
            tensor(positions, [active.Count, width], device: model.Device),
            padded ? tensor(mask, [active.Count, 1, width, width], device: model.Device) : null,
            cache);
        return Choose(hidden.select(1, width - 1));
    }

    private (long[] Tokens, float[] LogProbabilities) Decode(List<Sequence> active, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var columns = (int)cache.Length + 1;
        var mask = new bool[active.Count * columns];
        for (var b = 0; b < active.Count; b++)
            mask.AsSpan(b * columns + active[b].Padding, columns - active[b].Padding).Fill(true);
        var hidden = model.Hidden(
            tensor(active.Select(s => (long)s.Ids[^1]).ToArray(), [active.Count, 1], device: model.Device),
            tensor(active.Select(s => (long)(s.PromptTokens + s.Ids.Count - 1)).ToArray(), [active.Count, 1], device: model.Device),
            tensor(mask, [active.Count, 1, 1, columns], device: model.Device),
            cache);
        return Choose(hidden.select(1, 0));
    }

    private (long[] Tokens, float[] LogProbabilities) Choose(Tensor hidden)
    {
        var (best, tokens) = model.Head(hidden).log_softmax(-1).max(-1); // [B]
        return (tokens.cpu().data<long>().ToArray(), best.cpu().data<float>().ToArray());
    }

    private void Accept(List<Sequence> active, (long[] Tokens, float[] LogProbabilities) chosen)
    {
        for (var b = 0; b < active.Count; b++)
            active[b].Add((int)chosen.Tokens[b], chosen.LogProbabilities[b], endTokens);
    }

    /// <summary>Removes finished sequences; whether any is left.</summary>
    private static bool Drop(List<Sequence> active, KeyValueCache cache)
    {
        long[] going = [.. Enumerable.Range(0, active.Count).Where(b => !active[b].Finished).Select(b => (long)b)];
        if (going.Length is var count && count > 0 && count < active.Count)
            cache.Keep(going);
        active.RemoveAll(s => s.Finished);
        return active.Count > 0;
    }

    private sealed class Sequence(int row, int padding, int promptTokens, int limit)
    {
        private double _logProbability;
        private int _scored;

        public int Row => row;

        public int Padding => padding;

        public int PromptTokens => promptTokens;

        public List<int> Ids { get; } = [];

        public bool Ended { get; private set; }

        public bool Finished => Ended || Ids.Count >= limit;

        public double MeanProbability => Math.Exp(_logProbability / Math.Max(1, _scored));

        public void Add(int token, double logProbability, int[] endTokens)
        {
            _logProbability += logProbability;
            _scored++;
            if (endTokens.Contains(token))
                Ended = true;
            else
                Ids.Add(token);
        }
    }
}

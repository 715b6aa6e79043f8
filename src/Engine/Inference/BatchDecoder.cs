using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Inference;

/// <summary>Generates with TorchSharp's model, one token at a time, for a batch of requests over one key/value cache.</summary>
/// <param name="model">The model.</param>
/// <remarks>Prompts are padded on the left, so that all of a batch grow at the same column; finished ones leave the batch.</remarks>
internal sealed class BatchDecoder(CausalLanguageModel model)
{
    /// <summary>Answers requests.</summary>
    /// <param name="requests">All with the adapter in use.</param>
    public void Generate(IReadOnlyList<TextRequest> requests)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var width = requests.Max(r => r.Prompt.Length);
        var active = requests.Select((request, row) => new Sequence(row, request, width - request.Prompt.Length)).ToList();
        using var cache = new KeyValueCache(model.Config, requests.Count, width + requests.Max(r => r.MaxNewTokens), model.Device, model.Dtype);
        Accept(active, Prefill(requests, active, width, cache));
        while (Drop(active, cache))
            Accept(active, Decode(active, cache));
    }

    private float[] Prefill(IReadOnlyList<TextRequest> requests, List<Sequence> active, int width, KeyValueCache cache)
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
                ids[row * width + t] = place < 0 ? 0 : requests[row].Prompt[place]; // any valid id: the mask hides padding
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
        return model.Head(hidden.select(1, width - 1)).cpu().data<float>().ToArray(); // [B, V]
    }

    private float[] Decode(List<Sequence> active, KeyValueCache cache)
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
        return model.Head(hidden.select(1, 0)).cpu().data<float>().ToArray(); // [B, V]
    }

    private void Accept(List<Sequence> active, float[] logits)
    {
        for (var b = 0; b < active.Count; b++)
            active[b].Add(logits.AsSpan(b * model.Config.VocabularySize, model.Config.VocabularySize));
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

    private sealed class Sequence(int row, TextRequest request, int padding)
    {
        public int Row => row;

        public int Padding => padding;

        public int PromptTokens => request.Prompt.Length;

        public IReadOnlyList<int> Ids => request.Continuation.Ids;

        public bool Finished { get; private set; }

        public void Add(Span<float> logits) => Finished = request.Choose(logits) is null;
    }
}

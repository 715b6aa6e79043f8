using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// Predicts a training's peak memory from shapes alone. The counts follow the operators of <see cref="DecoderLayer"/>: what autograd saves of each,
/// in values per token (C hidden, I intermediate, Q = H·D, K = key/value heads · D).
/// </summary>
/// <param name="model">The model, in the type that it is trained in.</param>
/// <param name="adapter">The adapter that is trained, or null for all weights.</param>
/// <param name="masters">Whether float32 masters are kept beside narrower weights.</param>
/// <param name="checkpointing">Whether layers are computed a second time instead of kept.</param>
/// <param name="optimizerBytes">What the optimizer keeps.</param>
internal sealed class MemoryPrediction(CausalLanguageModel model, LoraAdapter? adapter, bool masters, bool checkpointing, long optimizerBytes)
{
    private readonly ModelConfig _config = model.Config;
    private readonly long _element = model.Dtype.ElementSize();

    private long TrainedWeights => adapter is null ? model.parameters().Sum(p => p.numel()) : adapter.NamedParameters().Sum(p => p.Parameter.numel());

    private long LargestWeight => adapter is null ? model.parameters().Max(p => p.numel()) : adapter.NamedParameters().Max(p => p.Parameter.numel());

    /// <summary>The peak over some updates.</summary>
    /// <param name="updates">The rows of each.</param>
    /// <param name="maxTokens">Most tokens of a pass.</param>
    /// <param name="scoringTokens">Tokens of the largest pass without gradient, 0 for none.</param>
    public TrainingMemory Peak(IEnumerable<IReadOnlyList<TokenizedRow>> updates, int maxTokens, long scoringTokens)
    {
        var weights = model.SizeBytes + (adapter?.SizeBytes ?? 0) + (masters && adapter is null ? 4 * TrainedWeights : 0);
        var best = Persistent(weights, scoringTokens);
        foreach (var passes in updates.Select(rows => PackedRows.Plan(rows, maxTokens, model.Device.type)))
        {
            foreach (var pass in passes)
            {
                var candidate = Pass(weights, pass.Groups.Sum(group => group.Tokens), pass.Answers, isOnly: passes.Count == 1);
                if (candidate.Predicted > best.Predicted)
                    best = candidate;
            }
        }

        return best;
    }

    /// <summary>The largest of the moments without a graph: the optimizer's update, the check and writing of a checkpoint, a validation.</summary>
    private TrainingMemory Persistent(long weights, long scoringTokens)
    {
        var update = new TrainingMemory { Weights = weights, Gradients = GradientBytes, Optimizer = optimizerBytes, Activations = 0, Transient = 2 * 4 * LargestWeight };
        var scoring = update with { Gradients = 0, Activations = scoringTokens * ForwardValues * _element, Transient = Logits(scoringTokens) };
        return update.Predicted > scoring.Predicted ? update : scoring;
    }

    private TrainingMemory Pass(long weights, long tokens, long answers, bool isOnly)
    {
        // Layers give back what they kept as their gradients come to be; only behind an earlier pass of the update are all gradients there at once.
        var atFirst = adapter is null ? 4L * _config.VocabularySize * _config.HiddenSize : 0;
        var kept = tokens * (AttentionBytes + FeedForwardBytes);
        // The last layer goes on from the attention with the places of answers only.
        var last = (tokens * AttentionBytes) + (answers * FeedForwardBytes);
        var activations = checkpointing
            ? (tokens * _config.Layers * _config.HiddenSize * _element) + (_config.Layers > 1 ? kept : last)
            : ((_config.Layers - 1) * kept) + last;
        var ends = (tokens * _config.HiddenSize * 3 * _element) + (tokens * _config.HeadSize * 2 * _element) + (2 * answers * _config.HiddenSize * _element);
        var backward = tokens * ((2L * _config.IntermediateSize) + (4L * _config.HiddenSize)) * _element;
        return new TrainingMemory
        {
            Weights = weights,
            Gradients = isOnly ? Math.Min(atFirst, GradientBytes) : GradientBytes,
            Optimizer = optimizerBytes,
            Activations = activations + ends,
            Transient = Math.Max(Logits(answers), backward),
        };
    }

    private long GradientBytes => TrainedWeights * (masters && adapter is null ? 4 + _element : 4);

    private long Queries => (long)_config.QueryHeads * _config.HeadSize;

    private long Keys => (long)_config.KeyValueHeads * _config.HeadSize;

    /// <summary>Of one token in one layer up to its attention: queries, keys and values for each query head, the result twice (in rows and packed), and the softmax's normaliser.</summary>
    private long AttentionBytes =>
        (((5 * Queries) + (_config.QueryKeyNorm ? 2 * (Queries + Keys) : 0)) * _element) + (4L * _config.QueryHeads) + (NormBytes / 2) + AdapterBytes;

    /// <summary>Of one token in one layer behind its attention: silu's input and output, the other factor, the product.</summary>
    private long FeedForwardBytes => (4L * _config.IntermediateSize * _element) + (NormBytes / 2);

    /// <summary>Two norms: input, scaled input (for the weight's gradient) and output of each.</summary>
    private long NormBytes => _element == 4
        ? (adapter is null ? 6L : 4L) * _config.HiddenSize * 4
        : (adapter is null ? 18L : 14L) * _config.HiddenSize; // narrower types are widened to float32 in between

    /// <summary>Of one token in one layer: each map's inner values, its input where dropout or widening makes a new one, and what dropout drew.</summary>
    private long AdapterBytes
    {
        get
        {
            if (adapter is null)
                return 0;
            var maps = adapter.NamedParameters().Select(p => p.Parameter.shape).Chunk(2).ToList();
            var inputs = maps.Sum(pair => pair[0][1]) / _config.Layers;
            var copies = (adapter.Options.Dropout > 0 ? 2 * _element : 0) + (_element < 4 ? 4 : 0);
            return (4L * adapter.Rank * maps.Count / _config.Layers) + (inputs * copies);
        }
    }

    /// <summary>Values of one token that exist at once in a pass without gradient.</summary>
    private long ForwardValues => Math.Max((4L * _config.HiddenSize) + (9 * Queries) + (2 * Keys), 4L * (_config.HiddenSize + _config.IntermediateSize));

    private long Logits(long answers) => Math.Max(Math.Min(answers * _config.VocabularySize, ChunkedCrossEntropy.MaxLogits), Math.Min(1, answers) * _config.VocabularySize) * (_element == 4 ? 4 : 4 + (2 * _element));
}

using Platform.Engine.Kernels;
using Platform.Engine.Models;
using TorchSharp;

namespace Platform.Engine.Inference;

/// <summary>
/// A decoder-only transformer laid out for inference on the CPU: packed weights, keys and values in blocks, tokens of many sequences in one
/// pass without padding.
/// </summary>
/// <remarks>
/// What it computes for a token depends on the tokens before it alone, bit for bit: not on the other sequences of the pass, on how a prompt
/// was cut into passes, on whether keys and values came from a cache, or on the number of threads. <see cref="CausalLanguageModel"/> is the
/// reference; both agree within rounding. Not thread-safe.
/// </remarks>
internal sealed unsafe class InferenceModel : IDisposable
{
    private readonly PackedMatrix _head;
    private readonly PackedMatrix? _embedding; // null when the head is tied: its rows are the embedding
    private readonly NativeBuffer<float> _norm;
    private readonly InferenceLayer[] _layers;
    private readonly RotaryTable _rotary;

    /// <summary>Packs a model's weights; the model is not needed afterwards.</summary>
    /// <param name="model">The model, without adapter in use.</param>
    /// <param name="type">How matrices are stored; null for the narrowest type that loses nothing.</param>
    public InferenceModel(CausalLanguageModel model, WeightType? type = null)
    {
        Config = model.Config;
        var packing = new WeightPacking(Config, model.named_parameters().ToDictionary(p => p.name, p => (torch.Tensor)p.parameter), type);
        _layers = [.. Enumerable.Range(0, Config.Layers).Select(packing.Layer)];
        _norm = packing.Vector("model.norm.weight");
        _head = packing.Matrix(Config.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight");
        _embedding = Config.TiedHead ? null : packing.Matrix("model.embed_tokens.weight");
        _rotary = new RotaryTable(Config);
    }

    /// <summary>Shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>Bytes of the packed weights.</summary>
    public long SizeBytes => _head.SizeBytes + (_embedding?.SizeBytes ?? 0) + _norm.SizeBytes + _layers.Sum(layer => layer.SizeBytes);

    /// <summary>Packed weights of the layers.</summary>
    public IReadOnlyList<InferenceLayer> Layers => _layers;

    /// <summary>[V, C].</summary>
    public PackedMatrix Head => _head;

    /// <summary>Weights of the last norm, [C].</summary>
    public float* Norm => _norm.Pointer;

    /// <summary>Positions of the model.</summary>
    public RotaryTable Rotary => _rotary;

    /// <summary>Copies the embedding of a token.</summary>
    /// <param name="token">Its id, below V.</param>
    /// <param name="target">[C].</param>
    public void Embed(int token, float* target)
    {
        if ((uint)token >= (uint)Config.VocabularySize)
            throw new ArgumentOutOfRangeException(nameof(token), token, $"Token ids go from 0 to {Config.VocabularySize - 1}.");
        (_embedding ?? _head).GetRow(token, target);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in _layers)
            layer.Dispose();
        _norm.Dispose();
        _head.Dispose();
        _embedding?.Dispose();
        _rotary.Dispose();
    }
}

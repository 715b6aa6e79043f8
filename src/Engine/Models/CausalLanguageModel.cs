using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>A decoder-only transformer of the Qwen2, Qwen3 or Llama family.</summary>
/// <remarks>
/// Parameter names are those of the Hugging Face checkpoints, for instance <c>model.layers.0.self_attn.q_proj.weight</c>.
/// Not thread-safe: one thread owns a model (Engine/README.md).
/// </remarks>
public sealed class CausalLanguageModel : nn.Module
{
    [ComponentName(Name = "model")]
    private readonly DecoderStack _stack;

    [ComponentName(Name = "lm_head")]
    private readonly Projection? _head;

    private readonly RotaryEmbedding _rotary;

    /// <summary>Creates a model on the CPU in float32 whose weights are not initialised; see <see cref="Initialize"/>.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="device">Where it lives; the CPU when null.</param>
    public CausalLanguageModel(ModelConfig config, Device? device = null) : base(nameof(CausalLanguageModel))
    {
        Config = config;
        Device = device ?? CPU;
        _stack = new DecoderStack(config);
        _head = config.TiedHead ? null : new Projection(config.HiddenSize, config.VocabularySize, bias: false);
        _rotary = new RotaryEmbedding(config, Device);
        RegisterComponents();
        if (Device.type != DeviceType.CPU)
            this.to(Device);
    }

    /// <summary>Its shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where its weights are.</summary>
    public Device Device { get; }

    /// <summary>Type of its weights.</summary>
    public ScalarType Dtype => _stack.EmbeddingWeight.dtype;

    /// <summary>Bytes of its weights.</summary>
    public long SizeBytes => parameters().Sum(p => p.numel() * p.element_size());

    /// <summary>All linear maps by checkpoint name (without ".weight"), the places where an adapter can sit.</summary>
    internal IEnumerable<(string Name, Projection Projection)> Projections() =>
        named_modules().Where(m => m.module is Projection && m.name != "lm_head").Select(m => (m.name, (Projection)m.module));

    /// <summary>
    /// Draws all weights from N(0, 0.02²), output projections of the residual stream from N(0, (0.02 / √(2·layers))²) as GPT-2 does;
    /// norms are ones, biases zeros.
    /// </summary>
    /// <param name="seed">Fixes the draw.</param>
    public void Initialize(long seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name.EndsWith("norm.weight", StringComparison.Ordinal))
                parameter.Fill(1);
            else if (name.EndsWith(".bias", StringComparison.Ordinal))
                parameter.zero_();
            else
            {
                var residual = name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
                var deviation = residual ? 0.02 / Math.Sqrt(2.0 * Config.Layers) : 0.02;
                parameter.copy_(randn(parameter.shape, generator: generator).Times(deviation));
            }
        }
    }

    /// <summary>Runs the layers without cache; position t looks at positions up to t.</summary>
    /// <param name="ids">[B, T], int64. Right padding needs no mask: what follows a token never reaches it.</param>
    /// <returns>Final hidden states, [B, T, C].</returns>
    /// <exception cref="ArgumentException">The shape is wrong or T exceeds the context.</exception>
    public Tensor Hidden(Tensor ids)
    {
        CheckIds(ids);
        using var scope = NewDisposeScope();
        var positions = LiveScalars.CountUp(ids.shape[1], Device).unsqueeze(0).expand(ids.shape[0], ids.shape[1]);
        return Hidden(ids, positions, null, null).MoveToOuterDisposeScope();
    }

    /// <summary>Runs the layers with explicit positions and mask, and keys and values from a cache.</summary>
    /// <param name="ids">[B, T], int64.</param>
    /// <param name="positions">[B, T], int64, below the context.</param>
    /// <param name="mask">[B, 1, T, S + T], bool, true where a query may look; null for causal attention (only without a filled cache).</param>
    /// <param name="cache">Cache to read and extend, or null.</param>
    /// <returns>Final hidden states, [B, T, C].</returns>
    internal Tensor Hidden(Tensor ids, Tensor positions, Tensor? mask, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        var (cos, sin) = _rotary.At(positions, Dtype);
        return _stack.Forward(ids, new ForwardContext(cos, sin, mask, cache)).MoveToOuterDisposeScope();
    }

    /// <summary>Embedding, layers and final norm, for passes that go through them one by one.</summary>
    internal DecoderStack Stack => _stack;

    /// <summary>The weight of the output head, [V, C]; the embedding's when they share it.</summary>
    internal Parameter HeadWeight => _head?.Weight ?? _stack.EmbeddingWeight;

    /// <summary>What the layers share in a pass over packed rows.</summary>
    /// <param name="positions">[1, T], int64, beginning anew with each row.</param>
    /// <param name="groups">The rows, T tokens together.</param>
    /// <returns>Its tensors are in the caller's dispose scope.</returns>
    internal ForwardContext PackedContext(Tensor positions, IReadOnlyList<RowGroup> groups)
    {
        using var scope = NewDisposeScope();
        var (cos, sin) = _rotary.At(positions, Dtype);
        return new ForwardContext(cos.MoveToOuterDisposeScope(), sin.MoveToOuterDisposeScope(), null, null, groups);
    }

    /// <summary>The output head.</summary>
    /// <param name="hidden">[..., C].</param>
    /// <returns>Logits in float32, [..., V].</returns>
    public Tensor Head(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var logits = _head is null ? LinearMap.Apply(hidden, _stack.EmbeddingWeight, null) : _head.forward(hidden);
        return logits.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of the last position of one sequence, without gradient.</summary>
    /// <param name="ids">Token ids, at least one.</param>
    /// <returns>V values.</returns>
    public float[] LastLogits(IReadOnlyList<int> ids)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var hidden = Hidden(tensor(ids.Select(i => (long)i).ToArray(), device: Device).unsqueeze(0));
        return Head(hidden.select(1, ids.Count - 1).squeeze(0)).cpu().data<float>().ToArray();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _rotary.Dispose();
        base.Dispose(disposing);
    }

    private void CheckIds(Tensor ids)
    {
        if (ids.dim() != 2)
            throw new ArgumentException($"Token ids must be [B, T]; got [{string.Join(", ", ids.shape)}].", nameof(ids));
        if (ids.shape[1] > Config.ContextTokens)
            throw new ArgumentException($"The sequence has {ids.shape[1]} tokens; the model's context is {Config.ContextTokens}.", nameof(ids));
    }
}

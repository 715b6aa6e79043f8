using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>Gated feed-forward block: down(silu(gate(x)) · up(x)) (SwiGLU, https://arxiv.org/abs/2002.05202).</summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "gate_proj")]
    private readonly Projection _gate;

    [ComponentName(Name = "up_proj")]
    private readonly Projection _up;

    [ComponentName(Name = "down_proj")]
    private readonly Projection _down;

    /// <param name="config">Shape of the model.</param>
    public FeedForward(ModelConfig config) : base(nameof(FeedForward))
    {
        _gate = new Projection(config.HiddenSize, config.IntermediateSize, config.FeedForwardBias);
        _up = new Projection(config.HiddenSize, config.IntermediateSize, config.FeedForwardBias);
        _down = new Projection(config.IntermediateSize, config.HiddenSize, config.FeedForwardBias);
        RegisterComponents();
    }

    /// <param name="input">[B, T, C].</param>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var gated = nn.functional.silu(_gate.forward(input)).mul(_up.forward(input));
        return _down.forward(gated).MoveToOuterDisposeScope();
    }
}

/// <summary>One pre-norm decoder layer.</summary>
internal sealed class DecoderLayer : nn.Module
{
    [ComponentName(Name = "input_layernorm")]
    private readonly RmsNorm _attentionNorm;

    [ComponentName(Name = "self_attn")]
    private readonly Attention _attention;

    [ComponentName(Name = "post_attention_layernorm")]
    private readonly RmsNorm _feedForwardNorm;

    [ComponentName(Name = "mlp")]
    private readonly FeedForward _feedForward;

    /// <param name="config">Shape of the model.</param>
    /// <param name="index">Index of the layer.</param>
    public DecoderLayer(ModelConfig config, int index) : base(nameof(DecoderLayer))
    {
        _attentionNorm = new RmsNorm(config.HiddenSize, config.NormEpsilon);
        _attention = new Attention(config, index);
        _feedForwardNorm = new RmsNorm(config.HiddenSize, config.NormEpsilon);
        _feedForward = new FeedForward(config);
        RegisterComponents();
    }

    /// <param name="input">[B, T, C].</param>
    /// <param name="context">Positions, mask and cache of this forward pass.</param>
    /// <param name="places">
    /// [N], int64: the tokens whose result is wanted, where B is 1; null for all. In the last layer nothing looks at the others any more: they only need keys and values.
    /// </param>
    /// <returns>[B, T, C], or [1, N, C].</returns>
    public Tensor Forward(Tensor input, ForwardContext context, Tensor? places = null)
    {
        using var scope = NewDisposeScope();
        var attention = _attention.Forward(_attentionNorm.forward(input), context, places);
        var attended = (places is null ? input : input.index_select(1, places)).Plus(attention);
        return attended.Plus(_feedForward.forward(_feedForwardNorm.forward(attended))).MoveToOuterDisposeScope();
    }
}

/// <summary>Embedding, layers and final norm: the part of the checkpoint under the prefix <c>model.</c></summary>
internal sealed class DecoderStack : nn.Module
{
    [ComponentName(Name = "embed_tokens")]
    private readonly TokenEmbedding _embedding;

    [ComponentName(Name = "layers")]
    private readonly ModuleList<DecoderLayer> _layers;

    [ComponentName(Name = "norm")]
    private readonly RmsNorm _norm;

    /// <param name="config">Shape of the model.</param>
    public DecoderStack(ModelConfig config) : base(nameof(DecoderStack))
    {
        _embedding = new TokenEmbedding(config.VocabularySize, config.HiddenSize);
        _layers = new ModuleList<DecoderLayer>([.. Enumerable.Range(0, config.Layers).Select(i => new DecoderLayer(config, i))]);
        _norm = new RmsNorm(config.HiddenSize, config.NormEpsilon);
        RegisterComponents();
    }

    /// <summary>[V, C].</summary>
    public Parameter EmbeddingWeight => _embedding.Weight;

    /// <summary>The layers in order.</summary>
    public IList<DecoderLayer> Layers => _layers;

    /// <param name="ids">[B, T], int64.</param>
    /// <returns>[B, T, C].</returns>
    public Tensor Embed(Tensor ids) => _embedding.forward(ids);

    /// <param name="hidden">What the last layer gave, [B, T, C].</param>
    /// <returns>[B, T, C].</returns>
    public Tensor Normalize(Tensor hidden) => _norm.forward(hidden);

    /// <param name="ids">[B, T], int64.</param>
    /// <param name="context">Positions, mask and cache of this forward pass.</param>
    /// <param name="places">[N], int64: the tokens whose hidden state is wanted, where B is 1; null for all.</param>
    /// <returns>[B, T, C], or [1, N, C].</returns>
    public Tensor Forward(Tensor ids, ForwardContext context, Tensor? places = null)
    {
        using var scope = NewDisposeScope();
        var hidden = Embed(ids);
        for (var i = 0; i < _layers.Count; i++)
            hidden = _layers[i].Forward(hidden, context, i == _layers.Count - 1 ? places : null);
        return Normalize(hidden).MoveToOuterDisposeScope();
    }
}

/// <summary>Token id to vector.</summary>
internal sealed class TokenEmbedding : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    /// <param name="vocabulary">V.</param>
    /// <param name="size">C.</param>
    public TokenEmbedding(int vocabulary, int size) : base(nameof(TokenEmbedding))
    {
        _weight = new Parameter(empty(vocabulary, size));
        RegisterComponents();
    }

    /// <summary>[V, C].</summary>
    public Parameter Weight => _weight;

    /// <param name="ids">[B, T], int64.</param>
    /// <returns>[B, T, C].</returns>
    public override Tensor forward(Tensor ids)
    {
        using var scope = NewDisposeScope();
        return _weight.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], _weight.shape[1]).MoveToOuterDisposeScope();
    }
}

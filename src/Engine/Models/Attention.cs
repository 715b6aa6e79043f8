using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>Grouped-query self-attention (https://arxiv.org/abs/2305.13245) with rotary positions.</summary>
internal sealed class Attention : nn.Module
{
    private readonly int _queryHeads;
    private readonly int _keyValueHeads;
    private readonly int _headSize;
    private readonly int _layer;

    [ComponentName(Name = "q_proj")]
    private readonly Projection _query;

    [ComponentName(Name = "k_proj")]
    private readonly Projection _key;

    [ComponentName(Name = "v_proj")]
    private readonly Projection _value;

    [ComponentName(Name = "o_proj")]
    private readonly Projection _output;

    [ComponentName(Name = "q_norm")]
    private readonly RmsNorm? _queryNorm;

    [ComponentName(Name = "k_norm")]
    private readonly RmsNorm? _keyNorm;

    /// <param name="config">Shape of the model.</param>
    /// <param name="layer">Index of the layer this belongs to.</param>
    public Attention(ModelConfig config, int layer) : base(nameof(Attention))
    {
        (_queryHeads, _keyValueHeads, _headSize, _layer) = (config.QueryHeads, config.KeyValueHeads, config.HeadSize, layer);
        _query = new Projection(config.HiddenSize, _queryHeads * _headSize, config.QueryKeyValueBias);
        _key = new Projection(config.HiddenSize, _keyValueHeads * _headSize, config.QueryKeyValueBias);
        _value = new Projection(config.HiddenSize, _keyValueHeads * _headSize, config.QueryKeyValueBias);
        _output = new Projection(_queryHeads * _headSize, config.HiddenSize, config.OutputBias);
        if (config.QueryKeyNorm)
        {
            _queryNorm = new RmsNorm(_headSize, config.NormEpsilon);
            _keyNorm = new RmsNorm(_headSize, config.NormEpsilon);
        }

        RegisterComponents();
    }

    /// <param name="input">[B, T, C].</param>
    /// <param name="context">Positions, mask and cache of this forward pass.</param>
    /// <returns>[B, T, C].</returns>
    public Tensor Forward(Tensor input, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var (batch, time) = (input.shape[0], input.shape[1]);
        var query = Heads(_query.forward(input), _queryHeads, _queryNorm);
        var key = Heads(_key.forward(input), _keyValueHeads, _keyNorm);
        var value = Heads(_value.forward(input), _keyValueHeads, null);
        query = RotaryEmbedding.Rotate(query, context.Cos, context.Sin);
        key = RotaryEmbedding.Rotate(key, context.Cos, context.Sin);
        if (context.Cache is { } cache)
            (key, value) = cache.Append(_layer, key, value); // [B, K, S + T, D]

        var group = _queryHeads / _keyValueHeads;
        if (group > 1)
        {
            key = Expand(key, group);
            value = Expand(value, group);
        }

        var mixed = nn.functional.scaled_dot_product_attention(query, key, value, context.Mask, 0, context.Mask is null); // [B, H, T, D]
        return _output.forward(mixed.transpose(1, 2).reshape(batch, time, _queryHeads * _headSize)).MoveToOuterDisposeScope();

        Tensor Heads(Tensor x, int heads, RmsNorm? norm)
        {
            var split = x.view(batch, time, heads, _headSize);
            return (norm is null ? split : norm.forward(split)).transpose(1, 2); // [B, heads, T, D]
        }
    }

    private static Tensor Expand(Tensor x, int group)
    {
        var (batch, heads, time, size) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        return x.unsqueeze(2).expand(batch, heads, group, time, size).reshape(batch, heads * group, time, size);
    }
}

/// <summary>What every layer of one forward pass shares.</summary>
/// <param name="Cos">[B, 1, T, D].</param>
/// <param name="Sin">[B, 1, T, D], first half negated.</param>
/// <param name="Mask">[B, 1, T, S + T], bool, true where a query may look; null for plain causal attention.</param>
/// <param name="Cache">Keys and values of earlier tokens, or null.</param>
internal sealed record ForwardContext(Tensor Cos, Tensor Sin, Tensor? Mask, KeyValueCache? Cache);

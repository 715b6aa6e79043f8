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
    /// <param name="places">[N], int64: the tokens whose result is wanted, where B is 1; null for all.</param>
    /// <returns>[B, T, C], or [1, N, C].</returns>
    public Tensor Forward(Tensor input, ForwardContext context, Tensor? places = null)
    {
        using var scope = NewDisposeScope();
        var (batch, time) = (input.shape[0], input.shape[1]);
        var query = RotaryEmbedding.Rotate(Heads(_query.forward(input), _queryHeads, _queryNorm), context.Cos, context.Sin);
        var key = RotaryEmbedding.Rotate(Heads(_key.forward(input), _keyValueHeads, _keyNorm), context.Cos, context.Sin);
        var value = Heads(_value.forward(input), _keyValueHeads, null);
        var mixed = context.Groups is { Count: > 0 } groups ? Grouped(query, key, value, groups) : Whole(query, key, value, context.Mask, context.Cache);
        var heads = mixed.reshape(batch, time, _queryHeads * _headSize);
        return _output.forward(places is null ? heads : heads.index_select(1, places)).MoveToOuterDisposeScope();

        Tensor Heads(Tensor x, int count, RmsNorm? norm)
        {
            var split = x.view(batch, time, count, _headSize); // [B, T, count, D]
            return norm is null ? split : norm.forward(split);
        }
    }

    /// <param name="query">[B, T, H, D].</param>
    /// <param name="key">[B, T, K, D].</param>
    /// <param name="value">[B, T, K, D].</param>
    /// <param name="mask">[B, 1, T, S + T], or null for causal attention.</param>
    /// <param name="cache">Earlier keys and values, or null.</param>
    /// <returns>[B, T, H, D].</returns>
    private Tensor Whole(Tensor query, Tensor key, Tensor value, Tensor? mask, KeyValueCache? cache)
    {
        (query, key, value) = (query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)); // [B, heads, T, D]
        if (cache is not null)
            (key, value) = cache.Append(_layer, key, value); // [B, K, S + T, D]
        var type = query.dtype;
        if (LinearMap.Widens(query))
            (query, key, value) = (query.to(ScalarType.Float32), key.to(ScalarType.Float32), value.to(ScalarType.Float32));
        return nn.functional.scaled_dot_product_attention(query, Expand(key), Expand(value), mask, 0, mask is null).to(type).transpose(1, 2);
    }

    /// <summary>Causal attention within each row of a packed pass: the rows of a group are a batch of their own.</summary>
    /// <param name="query">[1, T, H, D].</param>
    /// <param name="key">[1, T, K, D].</param>
    /// <param name="value">[1, T, K, D].</param>
    /// <param name="groups">Groups in the order of the tokens; T tokens together.</param>
    /// <returns>[1, T, H, D].</returns>
    private Tensor Grouped(Tensor query, Tensor key, Tensor value, IReadOnlyList<RowGroup> groups)
    {
        long[] sizes = [.. groups.Select(group => group.Tokens)];
        var (queries, keys, values) = (query.split(sizes, 1), key.split(sizes, 1), value.split(sizes, 1));
        return cat([.. groups.Select((group, i) => Whole(Rows(queries[i], group), Rows(keys[i], group), Rows(values[i], group), null, null).reshape(1, group.Tokens, _queryHeads, _headSize))], 1);

        static Tensor Rows(Tensor x, RowGroup group) => x.view(group.Rows, group.Length, x.shape[2], x.shape[3]);
    }

    /// <summary>Repeats keys or values for the query heads that share them.</summary>
    /// <param name="x">[B, K, S, D].</param>
    /// <returns>[B, H, S, D].</returns>
    private Tensor Expand(Tensor x)
    {
        var group = _queryHeads / _keyValueHeads;
        if (group == 1)
            return x;
        var (batch, time) = (x.shape[0], x.shape[2]);
        return x.unsqueeze(2).expand(batch, _keyValueHeads, group, time, _headSize).reshape(batch, _queryHeads, time, _headSize);
    }
}

/// <summary>What every layer of one forward pass shares.</summary>
/// <param name="Cos">[B, T, 1, D].</param>
/// <param name="Sin">[B, T, 1, D], first half negated.</param>
/// <param name="Mask">[B, 1, T, S + T], bool, true where a query may look; null for plain causal attention.</param>
/// <param name="Cache">Keys and values of earlier tokens, or null.</param>
/// <param name="Groups">The rows of a packed pass, where B is 1 and neither mask nor cache is used; null for a pass of B rows.</param>
internal sealed record ForwardContext(Tensor Cos, Tensor Sin, Tensor? Mask, KeyValueCache? Cache, IReadOnlyList<RowGroup>? Groups = null);

/// <summary>Rows of one length that lie one behind the other in a packed pass.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Length">Tokens of each.</param>
internal readonly record struct RowGroup(int Rows, int Length)
{
    /// <summary>Tokens of the group.</summary>
    public long Tokens => (long)Rows * Length;
}

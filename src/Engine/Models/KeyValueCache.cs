using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>Keys and values of the tokens that a batch of sequences has already processed, per layer.</summary>
/// <remarks>Owns its tensors: two of [B, K, capacity, D] for each layer.</remarks>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;

    /// <param name="config">Shape of the model.</param>
    /// <param name="batch">B.</param>
    /// <param name="capacity">Most columns that will ever be stored.</param>
    /// <param name="device">Where the cache lives.</param>
    /// <param name="dtype">Type of its elements.</param>
    public KeyValueCache(ModelConfig config, long batch, long capacity, Device device, ScalarType dtype)
    {
        Capacity = capacity;
        _keys = Allocate();
        _values = Allocate();

        Tensor[] Allocate() => [.. Enumerable.Range(0, config.Layers).Select(_ =>
            zeros([batch, config.KeyValueHeads, capacity, config.HeadSize], dtype, device).DetachFromDisposeScope())];
    }

    /// <summary>Most columns.</summary>
    public long Capacity { get; }

    /// <summary>S, columns in use, the same for every layer once a forward pass has ended.</summary>
    public long Length { get; private set; }

    /// <summary>Stores T new columns of one layer and returns all S + T.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="keys">[B, K, T, D].</param>
    /// <param name="values">[B, K, T, D].</param>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var added = keys.shape[2];
        if (Length + added > Capacity)
            throw new InvalidOperationException($"The cache holds {Capacity} columns; {Length} are in use and {added} more were asked for.");
        _keys[layer].narrow(2, Length, added).copy_(keys);
        _values[layer].narrow(2, Length, added).copy_(values);
        var all = (_keys[layer].narrow(2, 0, Length + added), _values[layer].narrow(2, 0, Length + added));
        if (layer == _keys.Length - 1)
            Length += added;
        return all;
    }

    /// <summary>Keeps only the given rows of the batch, in that order (finished sequences leave).</summary>
    /// <param name="rows">Indices of the rows to keep.</param>
    public void Keep(IReadOnlyList<long> rows)
    {
        using var scope = NewDisposeScope();
        var index = tensor([.. rows], device: _keys[0].device);
        for (var layer = 0; layer < _keys.Length; layer++)
        {
            _keys[layer] = Replace(_keys[layer], index);
            _values[layer] = Replace(_values[layer], index);
        }

        static Tensor Replace(Tensor old, Tensor index)
        {
            var kept = old.index_select(0, index).DetachFromDisposeScope();
            old.Dispose();
            return kept;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
            tensor.Dispose();
    }
}

using Platform.Engine.Kernels;
using Platform.Engine.Models;

namespace Platform.Engine.Inference;

/// <summary>Keys and values of all layers in blocks of 16 tokens. Which sequence owns which block is the scheduler's business.</summary>
/// <remarks>A block holds, for each layer and key/value head, the keys as [D][16] and the values as [16][D], in float32.</remarks>
internal sealed unsafe class KeyValueBlocks : IDisposable
{
    /// <summary>Tokens of a block.</summary>
    public const int Tokens = 16;

    private readonly NativeBuffer<float> _memory;
    private readonly int _heads;
    private readonly nint _headFloats;
    private readonly nint _layerFloats;

    /// <param name="config">Shape of the model.</param>
    /// <param name="blocks">Number of blocks.</param>
    public KeyValueBlocks(ModelConfig config, int blocks)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        (Blocks, _heads) = (blocks, config.KeyValueHeads);
        HeadSize = PaddedHead(config);
        _headFloats = 2 * Tokens * HeadSize;
        // Layer by layer: were all layers of a block together, blocks would lie a power of two apart and share a few sets of the cache.
        _layerFloats = blocks * _heads * _headFloats;
        _memory = new NativeBuffer<float>(config.Layers * (long)_layerFloats);
    }

    /// <summary>Number of blocks.</summary>
    public int Blocks { get; }

    /// <summary>D, rounded up to a multiple of 8; the rest is zeros.</summary>
    public int HeadSize { get; }

    /// <summary>Bytes in memory.</summary>
    public long SizeBytes => _memory.SizeBytes;

    /// <summary>Bytes of one block.</summary>
    /// <param name="config">Shape of the model.</param>
    public static long BlockBytes(ModelConfig config) => 2L * Tokens * PaddedHead(config) * config.KeyValueHeads * config.Layers * sizeof(float);

    /// <summary>[D][16].</summary>
    public float* Keys(int layer, int block, int head) => _memory.Pointer + (layer * _layerFloats) + ((((nint)block * _heads) + head) * _headFloats);

    /// <summary>[16][D].</summary>
    public float* Values(int layer, int block, int head) => Keys(layer, block, head) + (Tokens * HeadSize);

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private static int PaddedHead(ModelConfig config) => (config.HeadSize + 7) / 8 * 8;
}

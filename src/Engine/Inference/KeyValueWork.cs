using System.Runtime.CompilerServices;
using Platform.Engine.Kernels;
using Platform.Engine.Models;

namespace Platform.Engine.Inference;

/// <summary>Writes the keys and values of new tokens into their blocks, queries rotated beside them.</summary>
internal sealed unsafe class KeyValueWork(ModelConfig config, RotaryTable rotary, KeyValueBlocks blocks, int threads) : ParallelWork, IDisposable
{
    /// <summary>Rows of a chunk.</summary>
    public const int Rows = 4;

    private readonly NativeBuffer<float> _scratch = new(threads * 2L * config.HeadSize);
    private readonly float _scale = (float)(1 / Math.Sqrt(config.HeadSize));
    private float* _queryNorm;
    private float* _keyNorm;
    private float* _projected;
    private int _projectedStride;
    private float* _queries;
    private IReadOnlyList<SequenceTokens> _sequences = [];
    private TokenPlace[] _places = [];
    private int _count;
    private int _layer;

    /// <param name="sequences">The batch.</param>
    /// <param name="places">Place of each row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="queries">Room for the rotated queries, [rows][H][padded D].</param>
    public void Begin(IReadOnlyList<SequenceTokens> sequences, TokenPlace[] places, int count, float* queries)
    {
        (_sequences, _places, _count) = (sequences, places, count);
        _queries = queries;
    }

    /// <param name="layer">Index of the layer.</param>
    /// <param name="projected">[rows, stride]: queries, keys and values side by side.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="queryNorm">Weights of the norm of queries, [D], or null.</param>
    /// <param name="keyNorm">Likewise of keys.</param>
    public void Layer(int layer, float* projected, int stride, float* queryNorm, float* keyNorm)
    {
        (_layer, _projectedStride) = (layer, stride);
        _projected = projected;
        _queryNorm = queryNorm;
        _keyNorm = keyNorm;
    }

    public override void Do(int chunk, int thread)
    {
        var scratch = _scratch.Pointer + (thread * 2L * config.HeadSize);
        for (var row = chunk * Rows; row < Math.Min(_count, (chunk + 1) * Rows); row++)
            Write(row, scratch);
    }

    public void Dispose() => _scratch.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(int row, float* scratch)
    {
        ref readonly var place = ref _places[row];
        var size = config.HeadSize;
        var input = _projected + ((nint)row * _projectedStride);
        for (var head = 0; head < config.QueryHeads; head++, input += size)
        {
            var query = _queries + ((((nint)row * config.QueryHeads) + head) * blocks.HeadSize);
            rotary.Rotate(Normed(input, _queryNorm, scratch), query, place.Position, _scale);
            new Span<float>(query + size, blocks.HeadSize - size).Clear();
        }

        var block = _sequences[place.Sequence].Blocks[place.Slot / KeyValueBlocks.Tokens];
        var column = place.Slot % KeyValueBlocks.Tokens;
        for (var head = 0; head < config.KeyValueHeads; head++, input += size)
        {
            var rotated = scratch + size;
            rotary.Rotate(Normed(input, _keyNorm, scratch), rotated, place.Position, 1);
            var keys = blocks.Keys(_layer, block, head) + column;
            for (var d = 0; d < size; d++)
                keys[d * KeyValueBlocks.Tokens] = rotated[d];
        }

        for (var head = 0; head < config.KeyValueHeads; head++, input += size)
            new ReadOnlySpan<float>(input, size).CopyTo(new Span<float>(blocks.Values(_layer, block, head) + (column * blocks.HeadSize), size));
    }

    private float* Normed(float* head, float* weight, float* scratch)
    {
        if (weight is null)
            return head;
        RowOperations.Normalize(head, weight, scratch, config.HeadSize, (float)config.NormEpsilon);
        return scratch;
    }
}

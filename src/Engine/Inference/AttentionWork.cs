using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Platform.Engine.Kernels;
using Platform.Engine.Models;

namespace Platform.Engine.Inference;

/// <summary>Attention of new tokens over the slots that they see.</summary>
internal sealed unsafe class AttentionWork(ModelConfig config, KeyValueBlocks blocks, int threads) : ParallelWork, IDisposable
{
    private const int RowsOfUnit = 8;
    private const int Queries = 4; // that share the loads of keys
    private const int SlotLanes = KeyValueBlocks.Tokens;

    private readonly List<Unit> _units = [];
    private NativeBuffer<float> _scores = new(0);
    private int _scoreStride;
    private IReadOnlyList<SequenceTokens> _sequences = [];
    private TokenPlace[] _places = [];
    private float* _queries;
    private float* _output;
    private int _outputStride;
    private int _layer;

    /// <summary>Chunks of the work.</summary>
    public int Chunks => _units.Count;

    /// <param name="sequences">The batch.</param>
    /// <param name="places">Place of each row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="queries">Rotated and scaled queries, [rows][H][padded D].</param>
    /// <param name="output">[rows, stride], H · D first.</param>
    /// <param name="outputStride">Floats from row to row.</param>
    public void Begin(IReadOnlyList<SequenceTokens> sequences, TokenPlace[] places, int count, float* queries, float* output, int outputStride)
    {
        (_sequences, _places, _outputStride) = (sequences, places, outputStride);
        _queries = queries;
        _output = output;
        _units.Clear();
        var longest = 0;
        for (var row = 0; row < count;)
        {
            var end = row;
            for (; end < count && end - row < RowsOfUnit && places[end].Sequence == places[row].Sequence; end++)
                longest = Math.Max(longest, places[end].Seen + places[end].Path.Length);
            for (var head = 0; head < config.KeyValueHeads; head++)
                _units.Add(new Unit(row, end - row, head));
            row = end;
        }

        _scoreStride = (longest + SlotLanes) / SlotLanes * SlotLanes;
        if (_scores.Length < (long)threads * Queries * _scoreStride)
        {
            _scores.Dispose();
            _scores = new NativeBuffer<float>((long)threads * Queries * _scoreStride * 2);
        }
    }

    /// <param name="layer">Index of the layer.</param>
    public void Layer(int layer) => _layer = layer;

    public override void Do(int chunk, int thread)
    {
        var (first, rows, head) = _units[chunk];
        var group = config.QueryHeads / config.KeyValueHeads;
        var scores = _scores.Pointer + ((nint)thread * Queries * _scoreStride);
        // All rows and all query heads of this key/value head look at the same keys: four queries at a time.
        var total = rows * group;
        for (var q = 0; q < total; q += Queries)
            Attend(first, head, group, q, Math.Min(Queries, total - q), scores);
    }

    public void Dispose() => _scores.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Attend(int firstRow, int head, int group, int first, int count, float* scores)
    {
        var rows = stackalloc int[Queries];
        var queries = stackalloc float*[Queries];
        var seen = 0;
        for (var i = 0; i < Queries; i++)
        {
            var q = first + Math.Min(i, count - 1); // the last one fills up the four
            rows[i] = firstRow + (q / group);
            queries[i] = _queries + ((((nint)rows[i] * config.QueryHeads) + (head * group) + (q % group)) * blocks.HeadSize);
            seen = Math.Max(seen, _places[rows[i]].Seen);
        }

        var table = _sequences[_places[firstRow].Sequence].Blocks;
        for (var slot = 0; slot < seen; slot += SlotLanes)
            Score(blocks.Keys(_layer, table[slot / SlotLanes], head), queries, count, scores + slot);
        for (var i = 0; i < count; i++)
        {
            var place = _places[rows[i]];
            var own = scores + ((nint)i * _scoreStride);
            for (var node = 0; node < place.Path.Length; node++)
                own[place.Seen + node] = Score(Key(table, place.Path[node], head), queries[i]);
            RowOperations.Softmax(own, place.Seen + place.Path.Length);
            var output = _output + ((nint)rows[i] * _outputStride) + (((head * group) + ((first + i) % group)) * config.HeadSize);
            Mix(table, head, place, own, output);
        }
    }

    /// <summary>Scores of up to four queries against the 16 keys of a block; every sum runs over the head in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Score(float* keys, float** queries, int count, float* scores)
    {
        if (count == 1)
        {
            Vector256<float> low = Vector256<float>.Zero, high = Vector256<float>.Zero;
            for (var d = 0; d < blocks.HeadSize; d++)
            {
                var value = Vector256.Create(queries[0][d]);
                low = Vector256.FusedMultiplyAdd(value, Vector256.Load(keys + (d * SlotLanes)), low);
                high = Vector256.FusedMultiplyAdd(value, Vector256.Load(keys + (d * SlotLanes) + 8), high);
            }

            low.Store(scores);
            high.Store(scores + 8);
            return;
        }

        float* q0 = queries[0], q1 = queries[1], q2 = queries[2], q3 = queries[3];
        Vector256<float> l0 = Vector256<float>.Zero, h0 = l0, l1 = l0, h1 = l0, l2 = l0, h2 = l0, l3 = l0, h3 = l0;
        for (var d = 0; d < blocks.HeadSize; d++)
        {
            Vector256<float> low = Vector256.Load(keys + (d * SlotLanes)), high = Vector256.Load(keys + (d * SlotLanes) + 8);
            var value = Vector256.Create(q0[d]);
            l0 = Vector256.FusedMultiplyAdd(value, low, l0);
            h0 = Vector256.FusedMultiplyAdd(value, high, h0);
            value = Vector256.Create(q1[d]);
            l1 = Vector256.FusedMultiplyAdd(value, low, l1);
            h1 = Vector256.FusedMultiplyAdd(value, high, h1);
            value = Vector256.Create(q2[d]);
            l2 = Vector256.FusedMultiplyAdd(value, low, l2);
            h2 = Vector256.FusedMultiplyAdd(value, high, h2);
            value = Vector256.Create(q3[d]);
            l3 = Vector256.FusedMultiplyAdd(value, low, l3);
            h3 = Vector256.FusedMultiplyAdd(value, high, h3);
        }

        l0.Store(scores);
        h0.Store(scores + 8);
        l1.Store(scores + _scoreStride);
        h1.Store(scores + _scoreStride + 8);
        l2.Store(scores + (2 * _scoreStride));
        h2.Store(scores + (2 * _scoreStride) + 8);
        l3.Store(scores + (3 * _scoreStride));
        h3.Store(scores + (3 * _scoreStride) + 8);
    }

    /// <summary>One score, the same bits as a block of 16 would give.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Score(float* key, float* query)
    {
        var sum = 0f;
        for (var d = 0; d < blocks.HeadSize; d++)
            sum = MathF.FusedMultiplyAdd(query[d], key[d * SlotLanes], sum);
        return sum;
    }

    private float* Key(int[] table, int slot, int head) => blocks.Keys(_layer, table[slot / SlotLanes], head) + (slot % SlotLanes);

    private float* Value(int[] table, int slot, int head) =>
        blocks.Values(_layer, table[slot / SlotLanes], head) + (slot % SlotLanes * blocks.HeadSize);

    /// <summary>The weighted sum of the values that a token sees, slot after slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Mix(int[] table, int head, in TokenPlace place, float* weights, float* output)
    {
        var size = config.HeadSize;
        var d = 0;
        for (; d + 64 <= size; d += 64)
            MixEight(table, head, place, weights, output + d, d);
        for (; d + 8 <= size; d += 8)
            MixOne(table, head, place, weights, d).Store(output + d);
        if (d < size)
        {
            var rest = MixOne(table, head, place, weights, d);
            for (var lane = 0; d < size; d++, lane++)
                output[d] = rest[lane];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MixEight(int[] table, int head, in TokenPlace place, float* weights, float* output, int d)
    {
        Vector256<float> s0 = Vector256<float>.Zero, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        var total = place.Seen + place.Path.Length;
        for (var slot = 0; slot < total;)
        {
            // Whole blocks of the prompt in one go, the tree's tokens one by one.
            var value = (slot < place.Seen ? Value(table, slot, head) : Value(table, place.Path[slot - place.Seen], head)) + d;
            var end = slot < place.Seen ? Math.Min(place.Seen, slot + SlotLanes) : slot + 1;
            for (; slot < end; slot++, value += blocks.HeadSize)
            {
                var weight = Vector256.Create(weights[slot]);
                s0 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value), s0);
                s1 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 8), s1);
                s2 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 16), s2);
                s3 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 24), s3);
                s4 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 32), s4);
                s5 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 40), s5);
                s6 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 48), s6);
                s7 = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 56), s7);
            }
        }

        s0.Store(output);
        s1.Store(output + 8);
        s2.Store(output + 16);
        s3.Store(output + 24);
        s4.Store(output + 32);
        s5.Store(output + 40);
        s6.Store(output + 48);
        s7.Store(output + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Vector256<float> MixOne(int[] table, int head, in TokenPlace place, float* weights, int d)
    {
        var sum = Vector256<float>.Zero;
        var total = place.Seen + place.Path.Length;
        for (var slot = 0; slot < total;)
        {
            var value = (slot < place.Seen ? Value(table, slot, head) : Value(table, place.Path[slot - place.Seen], head)) + d;
            var end = slot < place.Seen ? Math.Min(place.Seen, slot + SlotLanes) : slot + 1;
            for (; slot < end; slot++, value += blocks.HeadSize)
                sum = Vector256.FusedMultiplyAdd(Vector256.Create(weights[slot]), Vector256.Load(value), sum);
        }

        return sum;
    }

    private readonly record struct Unit(int First, int Rows, int Head);
}

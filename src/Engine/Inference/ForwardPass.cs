using Platform.Engine.Kernels;
using Platform.Engine.Models;

namespace Platform.Engine.Inference;

/// <summary>Runs new tokens of many sequences through a model: prompts, single tokens and label trees side by side, without padding.</summary>
/// <remarks>Owns its working memory, which grows with the largest batch. Not thread-safe.</remarks>
internal sealed unsafe class ForwardPass : IDisposable
{
    private const int NormRows = 8; // rows of a chunk

    private readonly InferenceModel _model;
    private readonly KeyValueBlocks _blocks;
    private readonly ThreadTeam _team;
    private readonly KeyValueWork _keyValues;
    private readonly AttentionWork _attention;
    private readonly RowsWork _rows = new();
    private readonly int _hiddenStride;
    private readonly int _projectedStride;
    private readonly int _gateStride;
    private Workspace _space = new(0, 0);
    private TokenPlace[] _places = [];
    private int[] _tokens = [];

    /// <param name="model">The model.</param>
    /// <param name="blocks">Its keys and values.</param>
    /// <param name="team">Who computes.</param>
    public ForwardPass(InferenceModel model, KeyValueBlocks blocks, ThreadTeam team)
    {
        (_model, _blocks, _team) = (model, blocks, team);
        var config = model.Config;
        _keyValues = new KeyValueWork(config, model.Rotary, blocks, team.Threads);
        _attention = new AttentionWork(config, blocks, team.Threads);
        // A product writes whole panels, so rows have room for them.
        _hiddenStride = Padded(Math.Max(config.HiddenSize, config.QueryHeads * config.HeadSize));
        _projectedStride = Padded((config.QueryHeads + (2 * config.KeyValueHeads)) * config.HeadSize);
        _gateStride = Padded(2 * config.IntermediateSize);
    }

    /// <summary>Bytes of working memory.</summary>
    public long SizeBytes => _space.SizeBytes;

    /// <summary>Computes the new tokens; afterwards their keys and values are in the blocks.</summary>
    /// <param name="sequences">The batch; at least one token.</param>
    /// <param name="target">Receives the final hidden states that were wanted, sequence after sequence, [wanted][C].</param>
    public void Run(IReadOnlyList<SequenceTokens> sequences, HiddenStates target)
    {
        var rows = Place(sequences);
        Reserve(rows);
        var size = _model.Config.HiddenSize;
        for (var row = 0; row < rows; row++)
            _model.Embed(_tokens[row], _space.Hidden + ((nint)row * _hiddenStride));
        _keyValues.Begin(sequences, _places, rows, _space.Queries);
        _attention.Begin(sequences, _places, rows, _space.Queries, _space.Mixed, _hiddenStride);
        for (var layer = 0; layer < _model.Layers.Count; layer++)
            Layer(layer, sequences, rows);

        target.Reset(sequences.Sum(s => s.Wanted.Count), size);
        var (first, next) = (0, 0);
        foreach (var sequence in sequences)
        {
            foreach (var wanted in sequence.Wanted)
                RowOperations.Normalize(_space.Hidden + ((nint)(first + wanted) * _hiddenStride), _model.Norm, target.Row(next++), size, Epsilon);
            first += sequence.Tokens.Count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keyValues.Dispose();
        _attention.Dispose();
        _space.Dispose();
    }

    private float Epsilon => (float)_model.Config.NormEpsilon;

    private static int Padded(int size) => ((size + PackedMatrix.PanelWidth - 1) / PackedMatrix.PanelWidth * PackedMatrix.PanelWidth) + PackedMatrix.PanelWidth;

    private void Layer(int index, IReadOnlyList<SequenceTokens> sequences, int rows)
    {
        var layer = _model.Layers[index];
        Rows(rows, Normed(layer.AttentionNorm));
        Project(layer.QueryKeyValue, sequences, _space.Normed, _hiddenStride, rows, _space.Projected, _projectedStride, add: false);
        _keyValues.Layer(index, _space.Projected, _projectedStride, Pointer(layer.QueryNorm), Pointer(layer.KeyNorm));
        _team.Run(_keyValues, (rows + KeyValueWork.Rows - 1) / KeyValueWork.Rows);
        _attention.Layer(index);
        _team.Run(_attention, _attention.Chunks);
        Project(layer.Output, sequences, _space.Mixed, _hiddenStride, rows, _space.Hidden, _hiddenStride, add: true);
        Rows(rows, Normed(layer.FeedForwardNorm));
        Project(layer.GateUp, sequences, _space.Normed, _hiddenStride, rows, _space.Gate, _gateStride, add: false);
        Rows(rows, Gated);
        Project(layer.Down, sequences, _space.Gate, _gateStride, rows, _space.Hidden, _hiddenStride, add: true);
    }

    private Action<int> Normed(NativeBuffer<float> weight) => row =>
    {
        var start = (nint)row * _hiddenStride;
        RowOperations.Normalize(_space.Hidden + start, weight.Pointer, _space.Normed + start, _model.Config.HiddenSize, Epsilon);
    };

    private void Gated(int row)
    {
        var gate = _space.Gate + ((nint)row * _gateStride);
        RowOperations.Gate(gate, gate + _model.Config.IntermediateSize, gate, _model.Config.IntermediateSize);
    }

    private void Project(
        JoinedProjection projection, IReadOnlyList<SequenceTokens> sequences, float* x, int xStride, int rows, float* y, int yStride, bool add)
    {
        projection.Matrix.Multiply(_team, x, xStride, rows, y, yStride, add);
        if (add && projection.Matrix.HasBias)
            Rows(rows, row => projection.Matrix.AddBias(y + ((nint)row * yStride)));
        var first = 0;
        for (var s = 0; s < sequences.Count;)
        {
            // Sequences of one adapter that stand side by side are one product.
            var adapter = sequences[s].Adapter;
            var count = 0;
            for (; s < sequences.Count && sequences[s].Adapter == adapter; s++)
                count += sequences[s].Tokens.Count;
            if (adapter is not null)
                Adapt(adapter, projection, x + ((nint)first * xStride), xStride, count, y + ((nint)first * yStride), yStride);
            first += count;
        }
    }

    private void Adapt(InferenceAdapter adapter, JoinedProjection projection, float* x, int xStride, int rows, float* y, int yStride)
    {
        foreach (var (name, first) in projection.Parts)
        {
            if (adapter.Find(name) is not { } factors)
                continue;
            _space.ReserveLow((long)rows * factors.A.PaddedOutputs);
            factors.A.Multiply(_team, x, xStride, rows, _space.Low, factors.A.PaddedOutputs);
            factors.B.Multiply(_team, _space.Low, factors.A.PaddedOutputs, rows, y + first, yStride, add: true);
        }
    }

    private void Rows(int rows, Action<int> action)
    {
        _rows.Set(rows, action);
        _team.Run(_rows, (rows + NormRows - 1) / NormRows);
    }

    /// <summary>Finds the place of every token; returns how many there are.</summary>
    private int Place(IReadOnlyList<SequenceTokens> sequences)
    {
        var rows = sequences.Sum(s => s.Tokens.Count);
        if (rows == 0)
            throw new ArgumentException("A pass needs at least one token.", nameof(sequences));
        if (_places.Length < rows)
            (_places, _tokens) = (new TokenPlace[rows], new int[rows]);
        var (row, last) = (0, 0);
        foreach (var (index, sequence) in sequences.Index())
        {
            var slots = sequence.Computed + sequence.Tokens.Count;
            if (slots > sequence.Blocks.Length * KeyValueBlocks.Tokens)
                throw new ArgumentException($"Sequence {index} of the batch needs room for {slots} tokens; its {sequence.Blocks.Length} blocks hold {sequence.Blocks.Length * KeyValueBlocks.Tokens}.", nameof(sequences));
            sequence.Tokens.AsSpan().CopyTo(_tokens.AsSpan(row));
            for (var i = 0; i < sequence.Chain; i++, row++)
            {
                var slot = sequence.Computed + i;
                _places[row] = new TokenPlace(index, slot, slot, slot + 1, []);
            }

            PlaceTree(index, sequence, row);
            row += sequence.TreeParents.Count;
            last = Math.Max(last, slots);
        }

        if (last > _model.Config.ContextTokens && _places.Take(rows).Max(p => p.Position) >= _model.Config.ContextTokens)
            throw new ArgumentException($"A token stands behind the model's context of {_model.Config.ContextTokens} tokens.", nameof(sequences));
        _model.Rotary.Reserve(_places.Take(rows).Max(p => p.Position) + 1);
        return rows;
    }

    private void PlaceTree(int index, SequenceTokens sequence, int firstRow)
    {
        var prompt = sequence.Computed + sequence.Chain;
        for (var node = 0; node < sequence.TreeParents.Count; node++)
        {
            var parent = sequence.TreeParents[node];
            if (parent >= node)
                throw new ArgumentException($"Node {node} of the tree stands before its parent {parent}.", nameof(sequence));
            int[] path = parent < 0 ? [prompt + node] : [.. _places[firstRow + parent].Path, prompt + node];
            _places[firstRow + node] = new TokenPlace(index, prompt + node, prompt + path.Length - 1, prompt, path);
        }
    }

    private void Reserve(int rows)
    {
        var floats = rows * ((3L * _hiddenStride) + _projectedStride + _gateStride + ((long)_model.Config.QueryHeads * _blocks.HeadSize));
        if (_space.Floats < floats)
        {
            _space.Dispose();
            _space = new Workspace(floats * 5 / 4, 0);
        }

        _space.Lay(rows, _hiddenStride, _projectedStride, _gateStride);
    }

    private static float* Pointer(NativeBuffer<float>? buffer) => buffer is null ? null : buffer.Pointer;

    private sealed class RowsWork : ParallelWork
    {
        private int _count;
        private Action<int> _action = _ => { };

        public void Set(int count, Action<int> action) => (_count, _action) = (count, action);

        public override void Do(int chunk, int thread)
        {
            for (var row = chunk * NormRows; row < Math.Min(_count, (chunk + 1) * NormRows); row++)
                _action(row);
        }
    }
}

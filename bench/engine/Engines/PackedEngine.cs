using Platform.Engine.Inference;
using Platform.Engine.Kernels;
using Platform.Engine.Models;

namespace Platform.EngineBench.Engines;

/// <summary>Our inference on the CPU: packed weights, tokens of all sequences in one pass.</summary>
internal sealed class PackedEngine : IEngine
{
    private const int MaxPrompt = 1024;

    private readonly InferenceModel _model;
    private readonly Dictionary<int, (ThreadTeam Team, PackedRun Prompts)> _teams = [];
    private ThreadTeam? _team;
    private PackedRun? _prompts;

    /// <param name="model">The model whose weights are packed.</param>
    /// <param name="type">How they are stored.</param>
    public PackedEngine(CausalLanguageModel model, WeightType type) =>
        (_model, Name) = (new InferenceModel(model, type), $"ours {(type == WeightType.Int8 ? "int8" : type == WeightType.BFloat16 ? "bf16" : "fp32")}");

    public string Name { get; }

    public InferenceModel Model => _model;

    /// <summary>The threads of the present turn.</summary>
    public ThreadTeam Team => _team ?? throw new InvalidOperationException("The turn has not begun.");

    public void Begin(int threads)
    {
        if (!_teams.TryGetValue(threads, out var found))
        {
            _team = new ThreadTeam(threads);
            found = _teams[threads] = (_team, new PackedRun(this, BlocksFor(MaxPrompt)));
        }

        (_team, _prompts) = found;
    }

    // Its threads sleep on their own after a moment.
    public void End()
    {
    }

    public float[] Prefill(int[] ids) =>
        _prompts!.Next([new SequenceTokens(ids, 0, [.. Enumerable.Range(0, BlocksFor(ids.Length))]) { Wanted = [ids.Length - 1] }])[0].ToArray();

    public IDecoding Decode(int[] ids, int batch, int steps) => new Decoding(this, ids, batch, steps);

    public void Dispose()
    {
        foreach (var (team, prompts) in _teams.Values)
        {
            prompts.Dispose();
            team.Dispose();
        }

        _model.Dispose();
    }

    /// <summary>Blocks that hold so many tokens.</summary>
    public static int BlocksFor(int tokens) => (tokens + KeyValueBlocks.Tokens - 1) / KeyValueBlocks.Tokens;

    private sealed class Decoding : IDecoding
    {
        private readonly PackedRun _run;
        private readonly int[][] _blocks;
        private readonly int _prompt;
        private readonly int[] _newest;
        private readonly int _first;
        private int _at;

        public Decoding(PackedEngine engine, int[] ids, int batch, int steps)
        {
            var each = BlocksFor(ids.Length + steps);
            (_prompt, _newest) = (ids.Length, new int[batch]);
            _run = new PackedRun(engine, batch * each);
            _blocks = [.. Enumerable.Range(0, batch).Select(b => Enumerable.Range(b * each, each).ToArray())];
            _first = Peers.Greedy.Choose(_run.Next([new SequenceTokens(ids, 0, _blocks[0]) { Wanted = [ids.Length - 1] }])[0]);
            // Each sequence has keys and values of its own, as with different prompts.
            for (var b = 1; b < batch; b++)
                _run.Copy(_blocks[0], _blocks[b]);
            Rewind();
        }

        public void Rewind()
        {
            Array.Fill(_newest, _first);
            _at = _prompt;
        }

        public void Step()
        {
            var logits = _run.Next([.. _newest.Select((token, b) => new SequenceTokens(new[] { token }, _at, _blocks[b]) { Wanted = [0] })]);
            for (var b = 0; b < _newest.Length; b++)
                _newest[b] = Peers.Greedy.Choose(logits[b]);
            _at++;
        }

        public void Dispose() => _run.Dispose();
    }
}

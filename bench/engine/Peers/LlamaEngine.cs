using Platform.Engine.Exports;
using Platform.EngineBench.Engines;

namespace Platform.EngineBench.Peers;

/// <summary>llama.cpp on a GGUF file that our export wrote from the same weights.</summary>
internal sealed class LlamaEngine : IEngine
{
    private const int MaxPrompt = 1024;

    private readonly nint _model;
    private readonly int _vocabulary;
    private readonly LlamaContext _single;
    private readonly LlamaBatchBuffer _prompt = new(MaxPrompt);
    private LlamaContext _current;
    private int _threads;

    /// <param name="model">The model.</param>
    /// <param name="type">Type of the file's matrices.</param>
    public LlamaEngine(RandomModel model, GgufType type)
    {
        Name = $"llama.cpp {(type == GgufType.Q8 ? "Q8_0" : type)}";
        _vocabulary = model.Shape.Config.VocabularySize;
        _model = LlamaLibrary.LoadModel(model.Gguf(type), LlamaLibrary.DefaultModel());
        if (_model == 0)
            throw new InvalidOperationException($"llama.cpp does not load {model.Gguf(type)}.");
        _current = _single = NewContext(1, MaxPrompt, unified: false);
    }

    public string Name { get; }

    /// <summary>Makes a context of its own.</summary>
    public LlamaContext NewContext(int sequences, int tokens, bool unified) => new(_model, _vocabulary, sequences, tokens, unified);

    public void Begin(int threads)
    {
        _threads = threads;
        _current.Begin(threads);
    }

    public void End() => _current.End();

    public float[] Prefill(int[] ids)
    {
        _single.Clear();
        _prompt.Clear();
        for (var t = 0; t < ids.Length; t++)
            _prompt.Add(ids[t], t, 0, t == ids.Length - 1);
        _single.Decode(_prompt);
        return _single.Logits(ids.Length - 1).ToArray();
    }

    public IDecoding Decode(int[] ids, int batch, int steps) => new Decoding(this, ids, batch, steps);

    public void Dispose()
    {
        _prompt.Dispose();
        _single.Dispose();
        LlamaLibrary.FreeModel(_model);
    }

    private sealed class Decoding : IDecoding
    {
        private readonly LlamaEngine _engine;
        private readonly LlamaContext _context;
        private readonly LlamaBatchBuffer _batch;
        private readonly int _prompt;
        private readonly int[] _newest;
        private readonly int _first;
        private int _at;

        public Decoding(LlamaEngine engine, int[] ids, int batch, int steps)
        {
            (_engine, _prompt, _newest) = (engine, ids.Length, new int[batch]);
            _context = engine.NewContext(batch, ids.Length + steps, unified: false);
            _batch = new LlamaBatchBuffer(Math.Max(ids.Length, batch));
            engine._current = _context;
            _context.Begin(engine._threads);
            for (var t = 0; t < ids.Length; t++)
                _batch.Add(ids[t], t, 0, t == ids.Length - 1);
            _context.Decode(_batch);
            _first = Greedy.Choose(_context.Logits(ids.Length - 1));
            for (var sequence = 1; sequence < batch; sequence++)
                LlamaLibrary.CopySequence(_context.Memory, 0, sequence, -1, -1);
            Rewind();
            // The copies are made by the next pass.
            Step();
            Rewind();
            _context.End();
        }

        public void Rewind()
        {
            for (var sequence = 0; sequence < _newest.Length; sequence++)
                LlamaLibrary.RemoveFromSequence(_context.Memory, sequence, _prompt, -1);
            Array.Fill(_newest, _first);
            _at = _prompt;
        }

        public void Step()
        {
            _batch.Clear();
            for (var sequence = 0; sequence < _newest.Length; sequence++)
                _batch.Add(_newest[sequence], _at, sequence, true);
            _context.Decode(_batch);
            for (var sequence = 0; sequence < _newest.Length; sequence++)
                _newest[sequence] = Greedy.Choose(_context.Logits(sequence));
            _at++;
        }

        public void Dispose()
        {
            _engine._current = _engine._single;
            _context.Dispose();
            _batch.Dispose();
        }
    }
}

namespace Platform.EngineBench.Peers;

/// <summary>A llama_context: a model's key/value memory and its threads.</summary>
internal sealed unsafe class LlamaContext : IDisposable
{
    private readonly nint _context;
    private readonly int _vocabulary;
    private (int Threads, nint Pool) _threads;

    /// <param name="model">The model.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="sequences">Most sequences at a time.</param>
    /// <param name="tokens">Most tokens of one sequence.</param>
    /// <param name="unified">One memory for all sequences, which lets them share a prefix, instead of one for each.</param>
    public LlamaContext(nint model, int vocabulary, int sequences, int tokens, bool unified)
    {
        _vocabulary = vocabulary;
        var parameters = LlamaLibrary.DefaultContext();
        parameters.Context = (uint)(sequences * tokens);
        parameters.Sequences = (uint)sequences;
        parameters.UnifiedKeyValues = (byte)(unified ? 1 : 0);
        _context = LlamaLibrary.NewContext(model, parameters);
        if (_context == 0)
            throw new InvalidOperationException($"llama.cpp makes no context of {sequences} sequences of {tokens} tokens.");
        Memory = LlamaLibrary.Memory(_context);
    }

    public nint Memory { get; }

    public void Begin(int threads)
    {
        if (_threads.Threads != threads)
        {
            var pool = LlamaLibrary.NewThreadpool(threads);
            LlamaLibrary.AttachThreadpool(_context, pool, pool);
            LlamaLibrary.SetThreads(_context, threads, threads);
            if (_threads.Pool != 0)
                LlamaLibrary.FreeThreadpool(_threads.Pool);
            _threads = (threads, pool);
        }
        else
        {
            LlamaLibrary.ResumeThreadpool(_threads.Pool);
        }
    }

    public void End() => LlamaLibrary.PauseThreadpool(_threads.Pool);

    public void Clear() => LlamaLibrary.ClearMemory(Memory, 0);

    public void Decode(LlamaBatchBuffer batch)
    {
        if (LlamaLibrary.Decode(_context, batch.Batch) is var code and not 0)
            throw new InvalidOperationException($"llama_decode failed with {code} on {batch.Count} tokens.");
    }

    /// <summary>Logits of a token of the last batch that asked for them, valid until the next.</summary>
    public ReadOnlySpan<float> Logits(int index) => new(LlamaLibrary.Logits(_context, index), _vocabulary);

    public void Dispose()
    {
        LlamaLibrary.FreeContext(_context);
        if (_threads.Pool != 0)
            LlamaLibrary.FreeThreadpool(_threads.Pool);
    }
}

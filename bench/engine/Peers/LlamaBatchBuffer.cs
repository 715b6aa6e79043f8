using System.Runtime.InteropServices;

namespace Platform.EngineBench.Peers;

/// <summary>A llama_batch that is filled token by token.</summary>
internal sealed unsafe class LlamaBatchBuffer : IDisposable
{
    private readonly int _capacity;
    private LlamaBatch _batch;

    /// <param name="capacity">Most tokens.</param>
    public LlamaBatchBuffer(int capacity)
    {
        _capacity = capacity;
        _batch.Tokens = Allocate<int>();
        _batch.Positions = Allocate<int>();
        _batch.SequenceCounts = Allocate<int>();
        _batch.Logits = Allocate<sbyte>();
        _batch.Sequences = (int**)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(int*));
        var ids = Allocate<int>();
        for (var i = 0; i < capacity; i++)
        {
            _batch.SequenceCounts[i] = 1;
            _batch.Sequences[i] = ids + i;
        }

        T* Allocate<T>()
            where T : unmanaged => (T*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(T));
    }

    public LlamaBatch Batch => _batch;

    public int Count => _batch.Count;

    public void Clear() => _batch.Count = 0;

    /// <summary>Adds a token.</summary>
    /// <returns>Its index, which asks for its logits.</returns>
    public int Add(int token, int position, int sequence, bool logits)
    {
        if (_batch.Count == _capacity)
            throw new InvalidOperationException($"The batch holds {_capacity} tokens.");
        var at = _batch.Count++;
        (_batch.Tokens[at], _batch.Positions[at], *_batch.Sequences[at], _batch.Logits[at]) = (token, position, sequence, (sbyte)(logits ? 1 : 0));
        return at;
    }

    public void Dispose()
    {
        NativeMemory.Free(_batch.Sequences[0]);
        NativeMemory.Free(_batch.Sequences);
        NativeMemory.Free(_batch.Tokens);
        NativeMemory.Free(_batch.Positions);
        NativeMemory.Free(_batch.SequenceCounts);
        NativeMemory.Free(_batch.Logits);
    }
}

using System.Runtime.InteropServices;

namespace Platform.EngineBench.Peers;

/// <summary>
/// llama_context_params of llama.cpp v0.5.0, as far as it is set here; the rest keeps what the library's own default function wrote. Larger than
/// the library's, which does no harm: it is returned through a pointer and passed on the stack.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 512)]
internal struct LlamaContextParameters
{
    [FieldOffset(0)]
    public uint Context;

    [FieldOffset(4)]
    public uint Batch;

    [FieldOffset(8)]
    public uint MicroBatch;

    [FieldOffset(12)]
    public uint Sequences;

    [FieldOffset(28)]
    public int Threads;

    [FieldOffset(32)]
    public int BatchThreads;

    [FieldOffset(104)]
    public int KeyType;

    [FieldOffset(108)]
    public int ValueType;

    [FieldOffset(129)]
    public byte OffloadKeyValues;

    [FieldOffset(133)]
    public byte UnifiedKeyValues;

    /// <summary>Whether the library's defaults are where they were when this was written.</summary>
    public readonly bool HasKnownLayout =>
        (Context, Batch, MicroBatch, Sequences, Threads, BatchThreads, KeyType, ValueType, OffloadKeyValues, UnifiedKeyValues) == (512, 2048, 512, 1, 4, 4, 1, 1, 1, 0);
}

/// <summary>llama_model_params; the library's defaults are what is wanted.</summary>
[StructLayout(LayoutKind.Explicit, Size = 512)]
internal struct LlamaModelParameters;

/// <summary>llama_batch.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaBatch
{
    public int Count;
    public int* Tokens;
    public float* Embeddings;
    public int* Positions;
    public int* SequenceCounts;
    public int** Sequences;
    public sbyte* Logits;
}

/// <summary>ggml_threadpool_params.</summary>
[StructLayout(LayoutKind.Explicit, Size = 640)]
internal struct GgmlThreadpoolParameters
{
    [FieldOffset(512)]
    public int Threads;
}

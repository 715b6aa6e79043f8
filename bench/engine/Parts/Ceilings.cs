using System.Numerics;
using System.Runtime.InteropServices;
using Platform.EngineBench.Measuring;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.EngineBench.Parts;

/// <summary>What the machine can do at best: matrix products with everything in cache, and memory that streams.</summary>
internal static class Ceilings
{
    public const string Name = "ceilings";

    private const long Bytes = 512L << 20;

    public static void Run(Session session)
    {
        foreach (var threads in session.Settings.Threads)
        {
            Products(session, threads, ScalarType.Float32, "fp32", 1536);
            // Without instructions for it, libtorch's bfloat16 is a hundred times slower than float32.
            Products(session, threads, ScalarType.BFloat16, "bf16", Machine.HasBFloat16 ? 1536 : 256);
            Memory(session, threads);
        }
    }

    private static void Products(Session session, int threads, ScalarType dtype, string title, int size)
    {
        if (!session.Needs(Name, "matrix product", title, threads))
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (a, b) = (randn(size, size).to(dtype), randn(size, size).to(dtype));
        session.Race(Name, "matrix product", title, threads, "GFLOP", [new Contender("libtorch", Role.Reference, () =>
        {
            set_num_threads(threads);
            return Turn.Measure(2e-9 * size * size * size, () => a.matmul(b).Dispose());
        })]);
    }

    private static unsafe void Memory(Session session, int threads)
    {
        if (!session.Needs(Name, "memory", "copy, bytes read and written", threads) || !session.Needs(Name, "memory", "read", threads))
            return;
        var from = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);
        var to = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);
        try
        {
            NativeMemory.Fill(from, (nuint)Bytes, 1);
            NativeMemory.Fill(to, (nuint)Bytes, 2);
            var part = Bytes / threads;
            session.Race(Name, "memory", "read", threads, "GB", [new Contender("stream", Role.Reference, () =>
                Turn.Measure(Bytes / 1e9, () => Parallel(threads, i => GC.KeepAlive(Sum((float*)(from + (i * part)), part / sizeof(float))))))]);
            session.Race(Name, "memory", "copy, bytes read and written", threads, "GB", [new Contender("stream", Role.Reference, () =>
                Turn.Measure(2 * Bytes / 1e9, () => Parallel(threads, i => Buffer.MemoryCopy(from + (i * part), to + (i * part), part, part))))]);
        }
        finally
        {
            NativeMemory.AlignedFree(from);
            NativeMemory.AlignedFree(to);
        }
    }

    // Four sums, so that no addition waits for the one before.
    private static unsafe float Sum(float* values, long count)
    {
        var width = Vector<float>.Count;
        var (a, b, c, d) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        for (var end = values + count; values < end; values += 4 * width)
        {
            a += *(Vector<float>*)values;
            b += *(Vector<float>*)(values + width);
            c += *(Vector<float>*)(values + (2 * width));
            d += *(Vector<float>*)(values + (3 * width));
        }

        return Vector.Sum(a + b + c + d);
    }

    private static void Parallel(int threads, Action<int> action)
    {
        var others = Enumerable.Range(1, threads - 1).Select(i => new Thread(() => action(i))).ToList();
        others.ForEach(t => t.Start());
        action(0);
        others.ForEach(t => t.Join());
    }
}

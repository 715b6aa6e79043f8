using Platform.Engine.Training;
using static TorchSharp.torch;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>
/// A random projection with entries of +1/√d and -1/√d (Achlioptas, 2003), which keeps inner products up to about 1/√d of their size. Its
/// rows come block by block from the seed, so that the whole matrix (weights · d) never exists.
/// </summary>
/// <param name="seed">The same seed gives the same matrix on every system.</param>
/// <param name="size">d.</param>
internal sealed class SignProjection(long seed, int size)
{
    private const int BlockEntries = 1 << 22; // 16 MB

    /// <summary>d.</summary>
    public int Size => size;

    /// <summary>Adds vectors' projections by the rows that belong to a part of the weights.</summary>
    /// <param name="part">Number of the part; each has rows of its own.</param>
    /// <param name="vectors">[rows, weights of the part].</param>
    /// <param name="sums">[rows, d], added to.</param>
    public void Add(int part, Tensor vectors, Tensor sums)
    {
        using var noGrad = no_grad();
        var random = SeededRandom.ForPart(seed, part);
        var weights = vectors.shape[1];
        var most = Math.Max(1, BlockEntries / size);
        for (var start = 0L; start < weights; start += most)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(most, weights - start);
            sums.addmm_(vectors.narrow(1, start, rows), tensor(Signs(random, rows), [rows, size], device: vectors.device));
        }
    }

    private float[] Signs(SeededRandom random, long rows)
    {
        var value = BitConverter.SingleToUInt32Bits((float)(1 / Math.Sqrt(size)));
        var signs = new float[rows * size];
        // Each row begins with fresh bits: it does not depend on how the rows are shared out to blocks.
        for (var at = 0; at < signs.Length; at += size)
        {
            var bits = 0UL;
            for (var i = 0; i < size; i++)
            {
                if ((i & 63) == 0)
                    bits = random.NextBits();
                signs[at + i] = BitConverter.UInt32BitsToSingle(value | ((uint)((bits >> (i & 63)) & 1) << 31));
            }
        }

        return signs;
    }
}

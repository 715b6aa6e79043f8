using CsCheck;
using Platform.Engine.Kernels;

namespace Platform.Engine.Tests.Kernels;

public sealed unsafe class PackedMatrixTests
{
    public static TheoryData<WeightType> Types => [WeightType.Float32, WeightType.BFloat16, WeightType.Int8];

    [Theory]
    [MemberData(nameof(Types))]
    public void Multiply_RandomShapes_AgreesWithDoubleArithmetic(WeightType type) =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[1, 600], Gen.Int[1, 23], Gen.Bool, Gen.Int[1, 3], Gen.Int).Sample((outputs, inputs, rows, bias, threads, seed) =>
        {
            var random = new Random(seed);
            var (weights, offsets, x) = (Values(random, outputs * inputs), Values(random, outputs), Values(random, rows * inputs));
            using var matrix = new PackedMatrix(outputs, inputs, type, bias ? offsets : []);
            matrix.SetRows(0, weights);
            var stored = Stored(matrix);

            var y = Product(matrix, x, rows, threads);

            for (var row = 0; row < rows; row++)
            {
                for (var o = 0; o < outputs; o++)
                {
                    var expected = (bias ? offsets[o] : 0) + Enumerable.Range(0, inputs).Sum(k => (double)x[(row * inputs) + k] * stored[(o * inputs) + k]);
                    Assert.Equal(expected, y[row][o], 1e-4);
                }
            }
        }, iter: 60, threads: 1);

    [Theory]
    [MemberData(nameof(Types))]
    public void Multiply_AnyNeighboursAndThreads_GivesTheSameBits(WeightType type) =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[1, 600], Gen.Int[2, 40], Gen.Int).Sample((outputs, inputs, rows, seed) =>
        {
            var random = new Random(seed);
            using var matrix = new PackedMatrix(outputs, inputs, type);
            matrix.SetRows(0, Values(random, outputs * inputs));
            var x = Values(random, rows * inputs);

            var together = Product(matrix, x, rows, threads: 2);

            for (var row = 0; row < rows; row++)
            {
                var alone = Product(matrix, x[(row * inputs)..((row + 1) * inputs)], 1, threads: 1);
                Assert.Equal(alone[0].Take(outputs), together[row].Take(outputs));
                fixed (float* start = &x[row * inputs])
                    Assert.Equal(alone[0][outputs - 1], matrix.Dot(start, outputs - 1));
            }
        }, iter: 40, threads: 1);

    [Fact]
    public void Multiply_Adding_LeavesThePaddingAsItWas()
    {
        using var matrix = new PackedMatrix(17, 5, WeightType.Float32);
        matrix.SetRows(0, Enumerable.Repeat(1f, 17 * 5).ToArray());
        float[] x = [1, 1, 1, 1, 1];
        var y = Enumerable.Repeat(3f, 32).ToArray();
        using var team = new ThreadTeam(1);

        fixed (float* px = x, py = y)
            matrix.Multiply(team, px, 5, 1, py, 32, add: true);

        Assert.Equal(Enumerable.Repeat(8f, 17).Concat(Enumerable.Repeat(3f, 15)), y);
    }

    [Fact]
    public void SetRows_BFloat16Values_AreKeptExactly()
    {
        float[] weights = [1, -2.5f, 3.140625f, 0, float.MaxValue / 2, -1e-30f];
        var rounded = weights.Select(w => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(w) & 0xFFFF0000)).ToArray();
        using var matrix = new PackedMatrix(1, 6, WeightType.BFloat16);
        matrix.SetRows(0, rounded);

        Assert.Equal(rounded, Stored(matrix));
    }

    [Fact]
    public void SetRows_Int8_IsWithinHalfAStepOfTheLargest() =>
        Gen.Float[-3, 3].Array[1, 200].Sample(weights =>
        {
            using var matrix = new PackedMatrix(1, weights.Length, WeightType.Int8);
            matrix.SetRows(0, weights);
            var stored = Stored(matrix);
            foreach (var block in Enumerable.Range(0, weights.Length).Chunk(32))
            {
                var step = block.Max(k => Math.Abs(weights[k])) / 127;
                Assert.All(block, k => Assert.True(Math.Abs(weights[k] - stored[k]) <= (step * 0.5001f) + 1e-7f));
            }
        }, iter: 100);

    [Fact]
    public void SetRows_ThatDoNotFit_AreRefused()
    {
        using var matrix = new PackedMatrix(4, 3, WeightType.Float32);

        Assert.Throws<ArgumentException>(() => matrix.SetRows(0, new float[4]));
        Assert.Throws<ArgumentException>(() => matrix.SetRows(3, new float[6]));
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];

    private static float[] Stored(PackedMatrix matrix)
    {
        var all = new float[matrix.Outputs * matrix.Inputs];
        fixed (float* start = all)
        {
            for (var o = 0; o < matrix.Outputs; o++)
                matrix.GetRow(o, start + (o * matrix.Inputs));
        }

        return all;
    }

    private static float[][] Product(PackedMatrix matrix, float[] x, int rows, int threads)
    {
        using var team = new ThreadTeam(threads);
        var y = new float[rows * matrix.PaddedOutputs];
        fixed (float* px = x, py = y)
            matrix.Multiply(team, px, matrix.Inputs, rows, py, matrix.PaddedOutputs);
        return [.. y.Chunk(matrix.PaddedOutputs)];
    }
}

using System.Runtime.Intrinsics;
using Platform.Engine.Kernels;

namespace Platform.Engine.Tests.Kernels;

public sealed class RowOperationsTests
{
    private const int Lanes = 8;

    [Fact]
    public void Exp_AnyExponent_IsWithinTwoUnitsOfTheLastPlace()
    {
        var worst = 0.0;
        for (var x = -87.29f; x < 87.9f; x += 0.0007f * Lanes)
        {
            var exponents = Vector256.Create(x) + (Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7) * 0.0007f);
            var found = RowOperations.Exp(exponents);
            for (var lane = 0; lane < Lanes; lane++)
            {
                var exact = Math.Exp(exponents[lane]);
                worst = Math.Max(worst, Math.Abs(found[lane] - exact) / exact);
            }
        }

        Assert.InRange(worst, 1e-9, 2 * Math.Pow(2, -23));
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-1000f, 0f)]
    [InlineData(float.NaN, float.NaN)]
    public void Exp_Border_IsExact(float x, float expected) => Assert.Equal(Vector256.Create(expected), RowOperations.Exp(Vector256.Create(x)));

    [Fact]
    public void Exp_TooLarge_IsLargeAndFinite() => Assert.InRange(RowOperations.Exp(Vector256.Create(float.PositiveInfinity))[0], 1e38f, float.MaxValue);

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(37)]
    public unsafe void Gate_EveryLength_IsSiluTimesUp(int size)
    {
        var random = new Random(size);
        var (gate, up, y) = (new float[size], new float[size], new float[size]);
        for (var i = 0; i < size; i++)
            (gate[i], up[i]) = ((float)((random.NextDouble() - 0.5) * 250), (float)(random.NextDouble() - 0.5));
        fixed (float* g = gate, u = up, into = y)
            RowOperations.Gate(g, u, into, size);
        for (var i = 0; i < size; i++)
        {
            var exact = gate[i] / (1 + Math.Exp(-gate[i])) * up[i];
            Assert.Equal(exact, y[i], 1e-6 * Math.Max(1, Math.Abs(exact)));
        }
    }

    [Fact]
    public unsafe void Softmax_FarApart_AddsUpToOneAndPadsWithZeros()
    {
        var scores = new float[32];
        scores.AsSpan().Fill(float.NaN);
        (scores[0], scores[1], scores[2]) = (1, 0, -200);
        fixed (float* s = scores)
            RowOperations.Softmax(s, 3);
        Assert.Equal(Math.E / (Math.E + 1), scores[0], 1e-6);
        Assert.Equal(1 / (Math.E + 1), scores[1], 1e-6);
        Assert.All(scores[2..16], weight => Assert.Equal(0, weight));
        Assert.True(float.IsNaN(scores[16]));
    }
}

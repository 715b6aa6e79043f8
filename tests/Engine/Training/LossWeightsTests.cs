using CsCheck;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

public sealed class LossWeightsTests
{
    [Fact]
    public void Of_EachBalance_IsItsClosedForm()
    {
        // Task 0: rows of 1 and 3 tokens; task 1: a row of 4.
        double[] Of(LossBalance balance) => LossWeights.Of(balance, [0, 0, 1], [1, 3, 4], task => task == 0 ? 0.3 : 0.1);

        Assert.Equal([1 / 3.0, 1 / 9.0, 1 / 12.0], Of(LossBalance.Example));
        Assert.Equal([1 / 8.0, 1 / 8.0, 1 / 8.0], Of(LossBalance.Token));
        Assert.Equal([1 / 8.0, 1 / 8.0, 1 / 8.0], Of(LossBalance.Task)); // both tasks have four tokens
        Assert.Equal([0.75 / 4, 0.75 / 4, 0.25 / 4], Of(LossBalance.CoBa).Select(weight => Math.Round(weight, 12)));
    }

    [Fact]
    public void Of_AnyBatch_AddsUpToOneOverItsTokens() =>
        Gen.Select(Gen.Enum<LossBalance>(), Gen.Select(Gen.Int[0, 3], Gen.Int[1, 40]).Array[1, 20]).Sample((balance, rows) =>
        {
            var weights = LossWeights.Of(balance, [.. rows.Select(row => row.Item1)], [.. rows.Select(row => row.Item2)], task => 1 + task);
            Assert.Equal(1, weights.Zip(rows).Sum(pair => pair.First * pair.Second.Item2), 9);
        });
}

using CsCheck;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

public sealed class ConvergenceBalanceTests
{
    [Fact]
    public void Weights_FewerThanTwoMeasurements_AreEqual()
    {
        Assert.Empty(ConvergenceBalance.Weights([]));
        Assert.Equal([0.25, 0.25, 0.25, 0.25], ConvergenceBalance.Weights([[1, 2, 3, 4]]));
    }

    [Fact]
    public void Weights_ALossThatIsNoNumber_AreEqual() => Assert.Equal([0.5, 0.5], ConvergenceBalance.Weights([[1, 1], [double.NaN, 0.5]]));

    [Fact]
    public void Weights_AllStillFalling_FavourTheSlowOne()
    {
        var weights = ConvergenceBalance.Weights([[1, 1], [0.6, 0.95], [0.3, 0.9], [0.1, 0.85]]);

        Assert.True(weights[1] > weights[0], $"{weights[0]} {weights[1]}");
    }

    [Fact]
    public void Weights_OneHasBegunToRise_LosesWeightToTheOneThatStillFalls()
    {
        // The first fell and now rises steeply; the second keeps falling evenly.
        var weights = ConvergenceBalance.Weights([[1, 1], [0.5, 0.9], [0.3, 0.8], [0.3, 0.7], [0.6, 0.6], [1.0, 0.5], [1.5, 0.4]]);

        Assert.True(weights[0] < weights[1], $"{weights[0]} {weights[1]}");
    }

    [Fact]
    public void Weights_TwoMeasurementsOfTwoTasks_IsTheClosedForm()
    {
        // Slopes -0.5 and -0.1: relative scores softmax(2 * -0.5 / 0.6, 2 * -0.1 / 0.6); one slope each, so the absolute ones are softmax(1, 1);
        // one value of the slowest task, so the factor is 1 x softmax of one value = 1: only the relative scores count.
        var power = Math.Exp((-2 * 0.1 / 0.6) - (-2 * 0.5 / 0.6));
        var expected = 0.05 + (0.9 / (1 + power));

        Assert.Equal(expected, ConvergenceBalance.Weights([[1, 1], [0.5, 0.9]])[0], 12);
    }

    [Fact]
    public void Weights_AnyLosses_SumToOneAndLeaveNoTaskOut() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 12]).SelectMany((tasks, times) => Gen.Double[0.01, 9].Array[tasks].Array[times]).Sample(losses =>
        {
            var weights = ConvergenceBalance.Weights(losses);
            Assert.Equal(1, weights.Sum(), 9);
            Assert.All(weights, weight => Assert.True(weight >= 0.1 / weights.Length - 1e-12));
        });
}

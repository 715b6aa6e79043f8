using Platform.Engine.MultiTask.Filtering;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.MultiTask.Filtering;

public sealed class LeaveOneOutTests
{
    private const int Size = 12;
    private static readonly FilterOptions Options = new() { ProjectionSize = Size, Resamples = 40 };

    [Fact]
    public void Fit_Optimum_HasNoGradientAlongAnyDirection()
    {
        using var scope = NewDisposeScope();
        using var tuning = Tuning(out _);
        var weights = tuning.Weights(_ => true);
        var w = tuning.Fit(weights, ridge: 0.5);

        var best = Objective(tuning, w);

        for (var i = 0; i < Size; i++)
        {
            foreach (var step in (double[])[-1e-3, 1e-3])
            {
                using var moved = w.clone();
                moved[i] = moved[i] + step;
                // The objective of the fit is not visible from outside; a fit that begins elsewhere must come to the same place.
                using var again = tuning.Fit(weights, 0.5, moved.mul(40));
                Assert.Equal(best, Objective(tuning, again), 1e-6);
            }
        }
    }

    [Fact]
    public void Refit_ResampledRows_EqualsAFitFromScratch()
    {
        using var scope = NewDisposeScope();
        using var tuning = Tuning(out _);
        const double Ridge = 2;
        var once = tuning.Weights(_ => true);
        var known = tuning.Fit(once, Ridge);
        var inverse = tuning.InverseCurvature(known, once, Ridge);
        var random = new SeededRandom(8);
        for (var round = 0; round < 10; round++)
        {
            var drawn = tuning.Weights(_ => true, tuning.Draw(random));
            var exact = tuning.Fit(drawn, Ridge);

            var fast = tuning.Refit(known, inverse, drawn, Ridge);

            var change = exact.sub(known).norm().ToDouble();
            Assert.True(change > 0.01, "the draw changes something");
            Assert.InRange(exact.sub(fast).norm().ToDouble() / change, 0, 0.1);
        }
    }

    [Fact]
    public void Map_FriendsAndAFoe_HasTheirSigns()
    {
        var tasks = Tasks();

        var map = LeaveOneOut.Map(tasks, Options, seed: 3, TestContext.Current.CancellationToken);

        Assert.True(map.Effects[0][1]!.High < 0, $"friends help: {map.Effects[0][1]}");
        Assert.True(map.Effects[2][0]!.Low > 0, $"the foe hurts: {map.Effects[2][0]}");
        Assert.True(map.Others[2]!.Low > 0, $"and is hurt: {map.Others[2]}");
        Assert.Null(map.Effects[1][1]);
        Assert.All(map.Effects.SelectMany(line => line).OfType<Platform.Engine.Evaluation.Interval>(), e => Assert.True(e.Low <= e.Value && e.Value <= e.High));
    }

    [Fact]
    public void Map_SameSeed_SameIntervals() => Assert.Equal(
        LeaveOneOut.Map(Tasks(), Options, 3, TestContext.Current.CancellationToken).Effects[0],
        LeaveOneOut.Map(Tasks(), Options, 3, TestContext.Current.CancellationToken).Effects[0]);

    [Fact]
    public void Map_ManyRounds_LeavesNoTensors()
    {
        var tasks = Tasks();
        var options = Options with { Resamples = 3 };
        _ = LeaveOneOut.Map(tasks, options, 1, TestContext.Current.CancellationToken);
        var before = Tensor.TotalCount;

        for (var i = 0; i < 5; i++)
            _ = LeaveOneOut.Map(tasks, options, i, TestContext.Current.CancellationToken);

        Assert.Equal(before, Tensor.TotalCount);
    }

    private static double Objective(LinearizedTuning tuning, Tensor w) => Enumerable.Range(0, 3).Sum(task => tuning.Losses(w, task).Sum());

    private static LinearizedTuning Tuning(out int tasks)
    {
        var made = Tasks();
        tasks = made.Count;
        return new LinearizedTuning([.. made.Select(t => (t.Train, t.Validation))], Size);
    }

    /// <summary>Two tasks whose gradients point one way, with noise, and one whose gradients point against it.</summary>
    internal static IReadOnlyList<ProbedTask> Tasks() =>
        [new("friend", 100, Rows(1, 1), Rows(1, 11)), new("other-friend", 100, Rows(1, 2), Rows(1, 12)), new("foe", 100, Rows(-1, 3), Rows(-1, 13))];

    private static RowGradients Rows(double direction, long seed)
    {
        var random = new SeededRandom(seed);
        var losses = new double[40];
        var gradients = new float[40 * Size];
        for (var row = 0; row < 40; row++)
        {
            losses[row] = 0.6 + (0.4 * random.NextDouble());
            for (var i = 0; i < Size; i++)
                gradients[(row * Size) + i] = (float)((i == 0 ? direction : 0) + (0.6 * (random.NextDouble() - 0.5)));
        }

        return new RowGradients(losses, gradients);
    }
}

using CsCheck;
using Platform.Engine.Evaluation;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Evaluation;

public class BootstrapTests
{
    private static readonly Metric Accuracy = Metric.Parse("accuracy", ["y", "n"]);

    [Fact]
    public void Interval_SameSeed_IsTheSame()
    {
        var rows = Answers(rows: 100, share: 0.7, seed: 1);

        Assert.Equal(Bootstrap.Interval(Accuracy, rows, seed: 5), Bootstrap.Interval(Accuracy, rows, seed: 5));
        Assert.NotEqual(Bootstrap.Interval(Accuracy, rows, seed: 5), Bootstrap.Interval(Accuracy, rows, resamples: 999, seed: 6));
    }

    [Fact]
    public void Interval_AnyRows_IsOrderedAndWithinTheMetricsRange() =>
        Gen.Select(Gen.Int[1, 40], Gen.Double[0, 1], Gen.Long).Sample((count, share, seed) =>
        {
            var rows = Answers(count, share, seed);
            var interval = Bootstrap.Interval(Accuracy, rows, resamples: 50, seed: seed);
            return 0 <= interval.Low && interval.Low <= interval.High && interval.High <= 1 && interval.Value == Accuracy.Score(rows);
        }, iter: 50);

    [Fact]
    public void Interval_ManyDraws_IsAboutAsWideAsTheBinomialSays()
    {
        var interval = Bootstrap.Interval(Accuracy, Exactly(right: 1400, wrong: 600), resamples: 2000);

        var deviation = 1.96 * Math.Sqrt(0.7 * 0.3 / 2000);
        Assert.Equal(0.7, interval.Value);
        Assert.Equal(0.7 - deviation, interval.Low, 0.003);
        Assert.Equal(0.7 + deviation, interval.High, 0.003);
    }

    [Fact]
    public void Interval_RepeatedExperiment_HoldsTheTruthAboutAsOftenAsPromised()
    {
        var held = Enumerable.Range(0, 300).Count(experiment =>
        {
            var interval = Bootstrap.Interval(Accuracy, Answers(150, 0.7, experiment), resamples: 300, seed: experiment);
            return interval.Low <= 0.7 && 0.7 <= interval.High;
        });

        Assert.InRange(held / 300.0, 0.90, 0.99);
    }

    [Fact]
    public void PairedDifference_SameAnswers_IsZeroWithoutWidth()
    {
        var rows = Answers(80, 0.6, 3);

        Assert.Equal(new Interval(0, 0, 0), Bootstrap.PairedDifference(Accuracy, rows, [.. rows.Reverse()]));
    }

    [Fact]
    public void PairedDifference_AlmostTheSameAnswers_IsNarrowerThanEachInterval()
    {
        var baseline = Exactly(right: 300, wrong: 200);
        Prediction[] candidate = [.. baseline.Select((row, i) => i < 10 ? row with { Actual = "n" } : row)];

        var difference = Bootstrap.PairedDifference(Accuracy, candidate, baseline);
        var alone = Bootstrap.Interval(Accuracy, baseline);

        Assert.Equal(-10 / 500.0, difference.Value, 12);
        Assert.True(difference.High - difference.Low < (alone.High - alone.Low) / 2);
    }

    [Fact]
    public void PairedDifference_DifferentRows_SaysWhich()
    {
        var rows = Rows.Of(("y", "y"), ("n", "y"));

        Assert.Contains("2 and the other 1", Problem(rows, rows[..1]), StringComparison.Ordinal);
        Assert.Contains("no answer to row 'r1'", Problem(rows, [rows[0], rows[1] with { Id = "x" }]), StringComparison.Ordinal);
        Assert.Contains("'r0' occurs twice", Problem([rows[0], rows[0]], rows), StringComparison.Ordinal);
        Assert.Contains("'r1' expects different", Problem(rows, [rows[0], rows[1] with { Expected = "y" }]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0.95)]
    [InlineData(10, 1)]
    [InlineData(10, double.NaN)]
    public void Interval_ImpossibleSetting_Throws(int resamples, double confidence) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Interval(Accuracy, Rows.Of(("y", "y")), resamples, confidence));

    private static string Problem(Prediction[] candidate, Prediction[] baseline) =>
        Assert.Throws<ArgumentException>(() => Bootstrap.PairedDifference(Accuracy, candidate, baseline)).Message;

    private static Prediction[] Exactly(int right, int wrong) =>
        Rows.Of([.. Enumerable.Repeat(("y", "y"), right), .. Enumerable.Repeat(("y", "n"), wrong)]);

    private static Prediction[] Answers(int rows, double share, long seed)
    {
        var random = new SeededRandom(seed);
        return Rows.Of([.. Enumerable.Range(0, rows).Select(_ => ("y", random.NextDouble() < share ? "y" : "n"))]);
    }
}

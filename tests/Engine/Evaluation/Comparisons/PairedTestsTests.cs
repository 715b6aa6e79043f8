using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Comparisons;

namespace Platform.Engine.Tests.Evaluation.Comparisons;

public class PairedTestsTests
{
    private static readonly Metric Accuracy = Metric.Parse("accuracy");

    [Fact]
    public void McNemar_SmallCounts_HaveTheBinomialTail()
    {
        Assert.Equal(2 * (1 + 10) / 1024.0, PairedTests.McNemar(9, 1), 12);
        Assert.Equal(PairedTests.McNemar(3, 8), PairedTests.McNemar(8, 3), 12);
        Assert.Equal(1, PairedTests.McNemar(0, 0));
        Assert.Equal(1, PairedTests.McNemar(5, 5));
    }

    [Fact]
    public void Randomisation_OfAccuracy_ComesNearMcNemar()
    {
        // 30 rows only we get right, 14 only they do, 56 both.
        var ours = Answers(i => i < 86);
        var theirs = Answers(i => i is < 56 or >= 86);

        var exact = PairedTests.McNemar(30, 14);

        // Its standard error with 9,999 rounds is sqrt(p (1 - p) / 9999) = 0.0014.
        Assert.Equal(exact, PairedTests.Randomisation(Accuracy, ours, theirs, 9999), 0.006);
        Assert.InRange(exact, 0.02, 0.03);
    }

    [Fact]
    public void Randomisation_SameAnswers_FindsNothing() => Assert.Equal(1, PairedTests.Randomisation(Metric.Parse("macro_f1"), Answers(i => i < 50), Answers(i => i < 50)));

    [Theory]
    [InlineData("bleu")]
    [InlineData("rouge_2")]
    [InlineData("sari")]
    public void Randomisation_TextMetricWithAClearWinner_IsSmall(string name)
    {
        var theirs = Enumerable.Range(0, 40).Select(i => Rows.Text($"r{i}", "a quiet room by the sea", "no idea", $"a quiet room number {i} by the sea")).ToList();
        var ours = theirs.Select(row => row with { Actual = row.Expected }).ToList();

        Assert.Equal(1 / 1000.0, PairedTests.Randomisation(Metric.Parse(name), ours, theirs), 12);
    }

    [Fact]
    public void Randomisation_OtherRows_AreRefused() =>
        Assert.Throws<ArgumentException>(() => PairedTests.Randomisation(Accuracy, Answers(_ => true), [.. Answers(_ => true).Reverse()]));

    [Fact]
    public void Holm_WorkedExample_IsCorrectedStepByStep()
    {
        // 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 not below the one before.
        Assert.Equal([0.03, 0.06, null, 0.06, 0.02], PairedTests.Holm([0.01, 0.04, null, 0.03, 0.005]).Select(value => value is { } one ? Math.Round(one, 12) : (double?)null));
        Assert.Equal([1, 1], PairedTests.Holm([0.7, 0.9]).Select(value => value!.Value));
    }

    [Fact]
    public void Of_OtherTestRows_ComparesThoseInCommon()
    {
        var ours = Answers(i => i < 80);
        var theirs = Answers(i => i < 60).Take(90).Select((row, i) => i == 0 ? row with { Input = "changed since" } : row).ToList();

        var found = ModelComparison.Of(Accuracy, "version 1", ours, theirs)!;

        Assert.Equal((89, 20, 0), (found.Rows, found.BetterRows, found.WorseRows));
        Assert.Equal(79 / 89.0, found.Score, 12);
        Assert.Equal(59 / 89.0, found.OtherScore, 12);
        Assert.Equal(20 / 89.0, found.Difference.Value, 12);
        Assert.Equal(ModelComparison.McNemarTest, found.Test);
        Assert.Equal(PairedTests.McNemar(20, 0), found.PValue, 15);
        Assert.Null(ModelComparison.Of(Accuracy, "version 1", ours, []));
    }

    private static Prediction[] Answers(Func<int, bool> right) =>
        [.. Enumerable.Range(0, 100).Select(i => new Prediction($"r{i}", $"text {i}", i % 2 == 0 ? "a" : "b", right(i) == (i % 2 == 0) ? "a" : "b", []))];
}

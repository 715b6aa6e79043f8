using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Generation;

namespace Platform.Engine.Tests.Evaluation.Calibration;

public class TemperatureFitTests
{
    private static readonly string[] Labels = ["yes", "no"];

    [Theory]
    [InlineData(0.9, 70)] // too sure
    [InlineData(0.6, 90)] // too unsure
    [InlineData(0.8, 80)] // as sure as it should be
    public void Fit_SameScoreEverywhere_HasTheClosedForm(double score, int rightOfHundred)
    {
        var fit = TemperatureFit.Fit(Answers(score, rightOfHundred), Labels);

        // Of two labels, one with score p: p at temperature T is 1 / (1 + exp(-logit(p) / T)), which must be the share of right answers.
        var expected = Logit((float)score) / Logit(rightOfHundred / 100.0);
        Assert.Equal(expected, fit.Temperature!.Value, 1e-5);
        Assert.Equal(rightOfHundred / 100.0, LabelTemperature.Apply([score, 1 - score], fit.Temperature.Value)[0], 1e-5);
        Assert.Equal(100, fit.Rows);
    }

    [Fact]
    public void Fit_FewRows_SaysHowManyAreNeeded()
    {
        var fit = TemperatureFit.Fit([.. Answers(0.9, 30).Take(TemperatureFit.MinimumRows - 1)], Labels);

        Assert.Null(fit.Temperature);
        Assert.Contains("49 validation rows are too few, at least 50", fit.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NothingWrong_DoesNotClaimCertainty()
    {
        var fit = TemperatureFit.Fit(Answers(0.9, 100), Labels);

        Assert.Null(fit.Temperature);
        Assert.Contains("none of 100", fit.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_ExpectedLabelWithoutProbability_StaysFinite()
    {
        var rows = Answers(0.9, 70).Select((row, i) => i == 99 ? row with { Probabilities = [1, 0] } : row).ToList();

        Assert.InRange(TemperatureFit.Fit(rows, Labels).Temperature!.Value, 1, 20);
    }

    [Fact]
    public void Fit_WrongNumberOfProbabilities_NamesTheRow()
    {
        var problem = Assert.Throws<ArgumentException>(() => TemperatureFit.Fit(Answers(0.9, 70), ["yes", "no", "perhaps"]));

        Assert.Contains("Row 'r0' has 2 probabilities, but the task has 3 labels", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>A hundred rows that are all answered "yes" with the same score; the first ones expect it.</summary>
    internal static List<Prediction> Answers(double score, int right) => [.. Enumerable.Range(0, 100).Select(i => new Prediction(
        $"r{i}", $"text {i}", i < right ? "yes" : "no", "yes", [], Score: score, Probabilities: [(float)score, (float)(1 - score)]))];

    private static double Logit(double share) => Math.Log(share / (1 - share));
}

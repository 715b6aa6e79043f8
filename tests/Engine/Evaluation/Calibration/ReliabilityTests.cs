using Platform.Engine.Evaluation.Calibration;

namespace Platform.Engine.Tests.Evaluation.Calibration;

public class ReliabilityTests
{
    private static readonly string[] Labels = ["yes", "no"];

    [Fact]
    public void Measure_TwoGroups_HasTheErrorOfTheirBins()
    {
        var rows = TemperatureFitTests.Answers(0.9, 70).Concat(TemperatureFitTests.Answers(0.6, 60).Select(row => row with { Id = "s" + row.Id })).ToList();

        var found = Reliability.Measure(rows, Labels)!;

        // 100 rows promise 0.9 and hold 0.7; 100 promise 0.6 and hold it.
        Assert.Equal(0.5 * 0.2, found.ExpectedCalibrationError, 1e-7);
        Assert.Equal(0.5 * (2 * ((0.7 * 0.01) + (0.3 * 0.81))) + (0.5 * 2 * ((0.6 * 0.16) + (0.4 * 0.36))), found.Brier, 1e-6);
        Assert.Equal(-0.5 * ((0.7 * Math.Log(0.9)) + (0.3 * Math.Log(0.1)) + (0.6 * Math.Log(0.6)) + (0.4 * Math.Log(0.4))), found.LogLoss, 1e-6);
        Assert.Equal(0.65, found.RightShare, 12);
        Assert.Equal(200, found.Bins.Sum(bin => bin.Rows));
        var sure = Assert.Single(found.Bins, bin => bin.MeanScore > 0.8);
        Assert.Equal((100, 0.7), (sure.Rows, sure.RightShare));
        Assert.InRange(sure.MeanScore, sure.From, sure.To);
    }

    [Fact]
    public void Measure_ScoreOnTheEdgeOfABin_FallsIntoTheLower()
    {
        var found = Reliability.Measure(TemperatureFitTests.Answers(1, 100), Labels)!;

        Assert.Equal(100, found.Bins[^1].Rows);
        Assert.Equal(0, found.ExpectedCalibrationError, 12);
    }

    [Fact]
    public void Measure_FittedTemperature_RemovesTheError()
    {
        var rows = TemperatureFitTests.Answers(0.9, 70);

        Assert.Equal(0.2, Reliability.Measure(rows, Labels)!.ExpectedCalibrationError, 1e-6);
        Assert.Equal(0, Reliability.Measure(rows, Labels, TemperatureFit.Fit(rows, Labels).Temperature!.Value)!.ExpectedCalibrationError, 1e-5);
    }

    [Fact]
    public void Measure_GeneratedAnswers_HaveNone() => Assert.Null(Reliability.Measure(Rows.Rewriting, Labels));
}

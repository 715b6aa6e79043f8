using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData(LearningRateCurve.Cosine, 0.1, 0.55, 0.1)]
    [InlineData(LearningRateCurve.Linear, 0.1, 0.55, 0.1)]
    [InlineData(LearningRateCurve.Linear, 0, 0.5, 0)]
    [InlineData(LearningRateCurve.Constant, 0.1, 1, 1)]
    public void Factor_AfterTheWarmUp_FollowsTheCurve(LearningRateCurve curve, double final, double middle, double end)
    {
        var schedule = new LearningRateSchedule(2e-3, 10, 110) { Curve = curve, FinalShare = final };

        Assert.Equal([0.1, 0.5, 1, 1, middle, end, end], new long[] { 0, 4, 9, 10, 60, 110, 500 }.Select(step => Math.Round(schedule.Factor(step), 12)));
        Assert.Equal(2e-3 * middle, schedule.At(60), 1e-12);
    }

    [Theory]
    [InlineData(LearningRateCurve.Cosine)]
    [InlineData(LearningRateCurve.Linear)]
    [InlineData(LearningRateCurve.Constant)]
    public void Factor_SecondStretch_WarmsUpToTheSameFall(LearningRateCurve curve)
    {
        var whole = new LearningRateSchedule(1, 10, 110) { Curve = curve };
        var second = whole with { StepsBefore = 40 };

        Assert.Equal(whole.Factor(40) / 10, second.Factor(0), 1e-12);
        Assert.Equal(whole.Factor(44) / 2, second.Factor(4), 1e-12);
        Assert.All(Enumerable.Range(9, 61), step => Assert.Equal(whole.Factor(40 + step), second.Factor(step), 1e-12));
    }

    [Fact]
    public void LearningRates_BothStretches_EndWhereOneTrainingEnds()
    {
        var alone = new TrainingOptions { BatchExamples = 10 };
        var first = alone with { Stretch = new(new Dictionary<string, long>(), 700) };
        var second = alone with { Stretch = new(new Dictionary<string, long> { ["a"] = 201, ["b"] = 99 }, 0) };

        Assert.Equal(alone.LearningRates(100), first.LearningRates(30));
        Assert.Equal(alone.LearningRates(100) with { StepsBefore = 30 }, second.LearningRates(70));
    }

    [Fact]
    public void Factor_QuarterOfTheFall_IsWhereTheCurvesDiffer()
    {
        Assert.Equal(0.1 + (0.9 * 0.5 * (1 + Math.Sqrt(0.5))), new LearningRateSchedule(1, 0, 100).Factor(25), 1e-12);
        Assert.Equal(1 - (0.9 * 0.25), new LearningRateSchedule(1, 0, 100) { Curve = LearningRateCurve.Linear }.Factor(25), 1e-12);
    }
}

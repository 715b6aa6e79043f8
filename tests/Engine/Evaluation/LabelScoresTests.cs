using Platform.Engine.Evaluation;

namespace Platform.Engine.Tests.Evaluation;

public class LabelScoresTests
{
    // a: expected 3, answered 2, right 2. b: 2, 2, 1. c: 1, 1, 0. One answer is no label.
    private static readonly Prediction[] Mixed =
        Rows.Of(("a", "a"), ("a", " a "), ("a", "b"), ("b", "b"), ("b", "c"), ("c", "A"));

    [Theory]
    [InlineData("accuracy", 3 / 6.0)]
    [InlineData("micro_f1", 3 / 6.0)]
    [InlineData("macro_f1", (4 / 5.0 + 2 / 4.0 + 0) / 3)]
    [InlineData("weighted_f1", (3 * 4 / 5.0 + 2 * 2 / 4.0 + 0) / 6)]
    [InlineData("macro_recall", (2 / 3.0 + 1 / 2.0 + 0) / 3)]
    [InlineData("f1:a", 4 / 5.0)]
    [InlineData("mean_f1:a,b", (4 / 5.0 + 2 / 4.0) / 2)]
    [InlineData("matthews", 0.2926847035024818)] // (3*6 - (2*3 + 2*2 + 1*1)) / sqrt((36 - 10) * (36 - 14)) = 7 / sqrt(572)
    public void Score_MixedAnswers_IsTheClosedForm(string name, double expected) =>
        Assert.Equal(expected, Metric.Parse(name, ["a", "b", "c", "unused"]).Score(Mixed), 1e-12);

    [Fact]
    public void Matthews_TwoLabels_IsTheBinaryClosedForm()
    {
        // TP 3, FN 1, FP 2, TN 4: (3*4 - 2*1) / sqrt(5 * 4 * 6 * 5).
        var rows = Rows.Of(
            ("y", "y"), ("y", "y"), ("y", "y"), ("y", "n"), ("n", "y"), ("n", "y"), ("n", "n"), ("n", "n"), ("n", "n"), ("n", "n"));

        Assert.Equal(10 / Math.Sqrt(600), Metric.Parse("matthews").Score(rows), 12);
    }

    [Fact]
    public void Matthews_OneAnswerForAll_IsZero() => Assert.Equal(0, Rows.Score("matthews", ("y", "y"), ("n", "y"), ("y", "y")));

    [Fact]
    public void F1_InvalidAnswer_IsAMissAndNoFalseAlarm()
    {
        // Right 1, expected 2, answered 1.
        Assert.Equal(2 / 3.0, Rows.Score("f1:spam", ("spam", "spam"), ("spam", "?"), ("ham", "??")), 12);
    }

    [Fact]
    public void MacroF1_AnsweredLabelThatNoRowExpects_CountsAsALabelOfItsOwn()
    {
        // a: 2*1/(2+1); b: expected 0, answered 1.
        Assert.Equal((2 / 3.0 + 0) / 2, Metric.Parse("macro_f1", ["a", "b"]).Score(Rows.Of(("a", "a"), ("a", "b"))), 12);
    }
}

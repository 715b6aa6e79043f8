using CsCheck;
using Platform.Engine.Evaluation;

namespace Platform.Engine.Tests.Evaluation;

public class GateTests
{
    [Theory]
    [InlineData(0.01, -0.015, 0.03, 500, Verdict.Pass)]
    [InlineData(-0.01, -0.02, 0.00, 500, Verdict.Pass)] // Lower end exactly at the tolerance.
    [InlineData(-0.05, -0.08, -0.021, 500, Verdict.Fail)]
    [InlineData(0.00, -0.03, 0.03, 500, Verdict.NotEnoughRows)]
    [InlineData(-0.03, -0.06, 0.00, 500, Verdict.NotEnoughRows)]
    [InlineData(0.00, 0.00, 0.00, 29, Verdict.NotEnoughRows)]
    [InlineData(-0.5, -0.6, -0.4, 29, Verdict.NotEnoughRows)]
    [InlineData(0.00, 0.00, 0.00, 30, Verdict.Pass)]
    [InlineData(0.00, 0.00, 0.00, 0, Verdict.NotEnoughRows)]
    public void Judge_Interval_IsJudgedByItsEnds(double value, double low, double high, int rows, Verdict verdict) =>
        Assert.Equal(verdict, Gate.Judge(new Interval(value, low, high), 0.02, rows).Verdict);

    [Theory]
    [InlineData(0.01, -0.01, 0.03, 500, "Passes: +1.0 points against the baseline (-1.0 to +3.0, 500 rows), within the allowed loss of 2.0 points.")]
    [InlineData(-0.05, -0.08, -0.03, 500, "Fails: -5.0 points against the baseline (-8.0 to -3.0, 500 rows), more than the allowed loss of 2.0 points.")]
    [InlineData(0, -0.04, 0.04, 500, "Not decided: 0.0 points against the baseline (-4.0 to +4.0, 500 rows) reaches to both sides of the allowed loss of 2.0 points; about 2,000 rows would decide it.")]
    [InlineData(-0.02, -0.04, 0, 500, "Not decided: -2.0 points against the baseline (-4.0 to 0.0, 500 rows) reaches to both sides of the allowed loss of 2.0 points; the difference is so close to it that more rows will hardly decide it.")]
    [InlineData(0, 0, 0, 12, "Not decided: 0.0 points against the baseline (0.0 to 0.0, 12 rows), and fewer than 30 test rows prove nothing.")]
    public void Judge_Verdict_ComesWithOnePlainSentence(double value, double low, double high, int rows, string sentence) =>
        Assert.Equal(sentence, Gate.Judge(new Interval(value, low, high), 0.02, rows).Sentence);

    [Fact]
    public void Judge_LargerTolerance_NeverMakesTheVerdictWorse() =>
        Gen.Select(Gen.Double[-0.2, 0.2], Gen.Double[0, 0.1], Gen.Double[0, 0.1], Gen.Double[0, 0.2], Gen.Double[0, 0.1]).Sample(
            (value, below, above, tolerance, more) =>
            {
                var interval = new Interval(value, value - below, value + above);
                return Rank(Gate.Judge(interval, tolerance + more, 100)) >= Rank(Gate.Judge(interval, tolerance, 100));
            });

    [Fact]
    public void Judge_NegativeTolerance_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Gate.Judge(new Interval(0, 0, 0), -0.01, 100));

    private static int Rank(Judgement judgement) => judgement.Verdict switch { Verdict.Fail => 0, Verdict.NotEnoughRows => 1, _ => 2 };
}

using Platform.Engine.Evaluation;

namespace Platform.Engine.Tests.Evaluation;

public class MatchScoresTests
{
    [Fact]
    public void ExactMatch_CaseMatters_WhiteSpaceDoesNot() =>
        Assert.Equal(1 / 3.0, Rows.Score("exact_match", ("New York", " New\n York "), ("Rome", "rome"), ("Rome", "Rome.")), 12);

    [Fact]
    public void ExactMatch_AnyGoodOutput_IsRight() =>
        Assert.Equal(1, Metric.Parse("exact_match").Score([Rows.Text("r", "", "NYC", "New York", "NYC")]));

    [Theory]
    [InlineData("16 - 3 - 4 = 9 eggs.\n#### 18", "18")]
    [InlineData("It costs $1,200.50.", "1200.5")]
    [InlineData("1200.00 USD", "1200")]
    [InlineData("from 1,234,567 to -7", "-7")]
    [InlineData("below zero: -$5", "-5")]
    [InlineData("16-3", "3")]
    [InlineData("numbers 1,2", "2")]
    [InlineData("about .50", "0.5")]
    [InlineData("-0.0", "0")]
    [InlineData("007", "7")]
    [InlineData("123456789012345678901234567890123", "123456789012345678901234567890123")]
    [InlineData("none at all", null)]
    public void LastNumber_Text_GivesTheLastNumberInOneSpelling(string text, string? number) =>
        Assert.Equal(number, MatchScores.LastNumber(text));

    [Fact]
    public void ExactMatchNumber_LastNumberEqual_IsRight() =>
        Assert.Equal(0.5, Rows.Score("exact_match_number", ("#### 1,080", "5 * 216 = 1080.0"), ("#### 7", "7 or 8"), ("three", "three"), ("#### 7", "seven")), 12);
}

namespace Platform.Engine.Tests.Evaluation;

public class CorrelationScoresTests
{
    [Fact]
    public void Pearson_FourPairs_IsTheClosedForm() =>
        Assert.Equal(5.5 / Math.Sqrt(5 * 8.75), Rows.Score("pearson", ("1", "1"), ("2", "3"), ("3", "2"), ("4", "5.0")), 12);

    [Fact]
    public void Spearman_Ties_ShareTheirMeanRank() =>
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 4, 3.
        Assert.Equal(3 / Math.Sqrt(4.5 * 5), Rows.Score("spearman", ("1", "10"), ("2", "20"), ("2", "30"), ("3", "25")), 12);

    [Fact]
    public void Spearman_AnyRisingFunction_IsOne() =>
        Assert.Equal(1, Rows.Score("spearman", ("0.1", "-5"), ("0.2", "1"), ("7", "1e9"), ("3", "20")), 12);

    [Fact]
    public void Pearson_AnswerThatIsNoNumber_CountsAsTheMeanAnswer()
    {
        var asText = Rows.Score("pearson", ("1", "2"), ("2", "about two"), ("3", "6"));
        var asMean = Rows.Score("pearson", ("1", "2"), ("2", "4"), ("3", "6"));

        Assert.Equal(asMean, asText, 12);
    }

    [Theory]
    [InlineData("pearson")]
    [InlineData("spearman")]
    public void Score_EqualAnswers_IsZero(string name)
    {
        Assert.Equal(0, Rows.Score(name, ("1", "0.1"), ("2", "0.1"), ("4", "0.1")));
        Assert.Equal(0, Rows.Score(name, ("1", "?"), ("2", "NaN"), ("4", "")));
    }

    [Fact]
    public void Score_ExpectedIsNoNumber_NamesTheRow()
    {
        var problem = Assert.Throws<ArgumentException>(() => Rows.Score("pearson", ("1", "1"), ("high", "2")));

        Assert.Contains("Row 'r1' expects 'high', which is not a number", problem.Message, StringComparison.Ordinal);
    }
}

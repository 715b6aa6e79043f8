using Platform.Engine.Evaluation;

namespace Platform.Engine.Tests.Evaluation;

public class SpanScoresTests
{
    [Fact]
    public void SpanF1_TypeAndWordsAndHowOften_MustAllAgree()
    {
        // Hits: Berlin, one of two "1 May". Expected 4, answered 5.
        var rows = Rows.Of(
            ("city: Berlin; date: 1 May; date: 1 May", "date:1  May;city: Berlin ; city: berlin"),
            ("city: Rome", "date: Rome; hotel"),
            ("none", " none "));

        Assert.Equal(2 * 2 / 9.0, Metric.Parse("span_f1").Score(rows), 12);
    }

    [Fact]
    public void SpanF1_SpanWhereNoneIsExpected_LowersTheScore() =>
        Assert.Equal(2 / 3.0, Rows.Score("span_f1", ("city: Rome", "city: Rome"), ("none", "city: Oslo")), 12);

    [Fact]
    public void SpanF1_NoSpanAnywhere_IsZero() => Assert.Equal(0, Rows.Score("span_f1", ("none", "none")));

    [Fact]
    public void TokenAccuracy_TagsByPosition_MissingOnesAreWrong() =>
        // 2 of 3, then 1 of 2; the tag past the end is ignored.
        Assert.Equal(3 / 5.0, Rows.Score("token_accuracy", ("DET NOUN VERB", "DET  NOUN"), ("PRON VERB", "PRON NOUN VERB")), 12);

    [Fact]
    public void TokenAccuracy_OutputIsSpans_LaysTheAnswerOverTheTokens()
    {
        string[] tokens = ["from", "New", "York", "to", "York"];
        string[] tags = ["O", "B-from", "I-from", "O", "B-to"];
        var row = new Prediction("r", "", "from: New York; to: York", "to: York; nowhere: Oslo", [], tags, tokens);

        // "to: York" first stands at token 2, so tokens 1, 2 and 4 are wrong.
        Assert.Equal(2 / 5.0, Metric.Parse("token_accuracy").Score([row]), 12);
        Assert.Equal(1, Metric.Parse("token_accuracy").Score([row with { Actual = row.Expected }]));
    }
}

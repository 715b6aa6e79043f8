using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Evaluation.Comparisons;
using Platform.Engine.Evaluation.Reports;

namespace Platform.Engine.Tests.Evaluation.References;

public class ReferenceValueTests
{
    [Theory]
    [InlineData("label_rows", "label_values", 8)] // scikit-learn
    [InlineData("number_rows", "number_values", 2)] // SciPy
    [InlineData("span_rows", "span_values", 1)] // IOB2 tags counted by position
    [InlineData("text_rows", "text_values", 4)] // NLTK for bleu and gleu, counters of n-grams for rouge
    public void Score_MadeUpRows_EqualsTheOtherImplementation(string rows, string values, int count)
    {
        var predictions = ReferenceValues.Rows(rows);
        var expected = ReferenceValues.Values(values).ToList();

        Assert.Equal(count, expected.Count);
        Assert.All(expected, one => Assert.Equal(one.Value, Metric.Parse(one.Name, rows == "label_rows" ? ReferenceValues.Labels : null).Score(predictions), 1e-10));
    }

    [Fact]
    public void OfLabels_MadeUpRows_EqualsScikitLearn()
    {
        var figures = LabelCounts.OfLabels(ReferenceValues.Rows("label_rows"), ReferenceValues.Labels);

        Assert.Equal(ReferenceValues.Labels, figures.Select(one => one.Label));
        Assert.All(figures, one =>
        {
            var expected = ReferenceValues.Root.GetProperty("by_label").GetProperty(one.Label);
            Assert.Equal(expected.GetProperty("precision").GetDouble(), one.Precision, 1e-12);
            Assert.Equal(expected.GetProperty("recall").GetDouble(), one.Recall, 1e-12);
            Assert.Equal(expected.GetProperty("f1").GetDouble(), one.F1, 1e-12);
            Assert.Equal(expected.GetProperty("support").GetInt32(), one.Support);
        });
    }

    [Fact]
    public void Confusion_MadeUpRows_EqualsScikitLearn()
    {
        var labels = ReferenceValues.Labels.ToList();
        var cells = LabelCounts.Confusion(ReferenceValues.Rows("label_rows"));

        var expected = ReferenceValues.Root.GetProperty("confusion").EnumerateArray().Select(line => line.EnumerateArray().Select(cell => cell.GetInt32()).ToArray()).ToArray();
        Assert.Equal(expected.Sum(line => line.Count(cell => cell > 0)), cells.Count);
        Assert.All(cells, cell => Assert.Equal(expected[labels.IndexOf(cell.Expected)][labels.IndexOf(cell.Answered)], cell.Rows));
    }

    [Fact]
    public void Fit_MadeUpRows_FindsScipysMinimum() => Assert.Equal(
        ReferenceValues.Root.GetProperty("calibration").GetProperty("temperature").GetDouble(),
        TemperatureFit.Fit(ReferenceValues.Rows("label_rows"), ReferenceValues.Labels).Temperature!.Value, 1e-5);

    [Theory]
    [InlineData("before", 1.0)]
    [InlineData("after", null)]
    public void Measure_MadeUpRows_EqualsTheOtherImplementation(string when, double? fixedTemperature)
    {
        var calibration = ReferenceValues.Root.GetProperty("calibration");
        var expected = calibration.GetProperty(when);

        var found = Reliability.Measure(
            ReferenceValues.Rows("label_rows"), ReferenceValues.Labels, fixedTemperature ?? calibration.GetProperty("temperature").GetDouble())!;

        Assert.Equal(expected.GetProperty("ece").GetDouble(), found.ExpectedCalibrationError, 1e-9);
        Assert.Equal(expected.GetProperty("brier").GetDouble(), found.Brier, 1e-9);
        Assert.Equal(expected.GetProperty("log_loss").GetDouble(), found.LogLoss, 1e-6);
    }

    [Fact]
    public void McNemar_Counts_EqualScipysBinomialTest() => Assert.All(
        ReferenceValues.Root.GetProperty("mcnemar").EnumerateArray(),
        one => Assert.Equal(one.GetProperty("p").GetDouble(), PairedTests.McNemar(one.GetProperty("ours").GetInt32(), one.GetProperty("theirs").GetInt32()), 1e-9));
}

namespace Platform.Engine.Evaluation;

/// <summary>
/// How well one row was answered. Metrics of labels and matches know right and wrong only; metrics of text and spans apply to one row as to
/// many; a correlation does not exist for one row, where the distance between the two numbers, below 0, stands for it.
/// </summary>
internal sealed class RowQuality
{
    private readonly Func<Prediction, double> _of;

    private RowQuality(Func<Prediction, double> of, bool isRightOrWrong, bool isDistance) =>
        (_of, IsRightOrWrong, IsDistance) = (of, isRightOrWrong, isDistance);

    /// <summary>Whether the metric is the share of right rows, so that counting them says everything.</summary>
    public bool IsRightOrWrong { get; }

    /// <summary>Whether the values are distances below 0.</summary>
    public bool IsDistance { get; }

    public static RowQuality Of(Metric metric) => metric.Name switch
    {
        "accuracy" or "micro_f1" => new RowQuality(RightLabel, isRightOrWrong: true, isDistance: false),
        "exact_match" or "exact_match_number" => new RowQuality(row => metric.Score([row]), isRightOrWrong: true, isDistance: false),
        "pearson" or "spearman" => new RowQuality(row => -Distance(row), isRightOrWrong: false, isDistance: true),
        "span_f1" or "token_accuracy" => new RowQuality(row => WithoutSpans(row) ? 1 : metric.Score([row]), isRightOrWrong: false, isDistance: false),
        "bleu" or "chrf" or "rouge_1" or "rouge_2" or "rouge_l" or "gleu" or "sari" => new RowQuality(row => metric.Score([row]), isRightOrWrong: false, isDistance: false),
        _ => new RowQuality(RightLabel, isRightOrWrong: false, isDistance: false),
    };

    public double Of(Prediction row) => _of(row);

    private static double RightLabel(Prediction row) => row.Expected.Trim() == row.Actual.Trim() ? 1 : 0;

    // F1 of nothing expected and nothing answered is 0 / 0; for the row it is right.
    private static bool WithoutSpans(Prediction row) => row.Expected.Trim() == row.Actual.Trim();

    private static double Distance(Prediction row)
    {
        var expected = CorrelationScores.Number(row.Expected);
        var actual = CorrelationScores.Number(row.Actual);
        return expected is { } wanted && actual is { } answered ? Math.Abs(wanted - answered) : double.PositiveInfinity;
    }
}

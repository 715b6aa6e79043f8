using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Evaluation.Comparisons;
using Platform.Engine.Tasks;

namespace Platform.Engine.Evaluation.Reports;

/// <summary>What a report is made from.</summary>
public sealed record ReportInput
{
    /// <summary>The task.</summary>
    public required TaskSpec Task { get; init; }

    /// <summary>The model's answers to the test rows.</summary>
    public required IReadOnlyList<Prediction> Predictions { get; init; }

    /// <summary>The temperature that was fitted on the validation rows; null when calibration is switched off.</summary>
    public TemperatureFit? Fit { get; init; }

    /// <summary>The dedicated model's answers; null without one.</summary>
    public AnsweredSplit? Baseline { get; init; }

    /// <summary>Answers of other model versions by their name, the newest first.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<Prediction> Predictions)> Others { get; init; } = [];

    /// <summary>How much the task may lose.</summary>
    public double Tolerance { get; init; } = 0.02;

    /// <summary>Same seed, same report.</summary>
    public long Seed { get; init; }
}

/// <summary>Makes evaluation reports.</summary>
public static class EvaluationReports
{
    /// <summary>Most wrong rows that a report holds.</summary>
    public const int WrongExamplesMax = 500;

    // Against the dedicated model the p-value is corrected for all tasks of a version, so it must be able to be small.
    private const int SingleRounds = 4999;
    private const int OtherRounds = 999;

    /// <summary>Makes a report.</summary>
    /// <param name="input">Answers to at least one row.</param>
    public static EvaluationReport Create(ReportInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (task, rows) = (input.Task, input.Predictions);
        var metric = Metric.Parse(task.Metric, task.Labels.Count > 0 ? task.Labels : null);
        var score = Bootstrap.Interval(metric, rows);
        var against = Against(metric, input);
        var labels = task.IsClosed ? LabelCounts.OfLabels(rows, task.Labels) : LabelCounts.OfSpans(task, rows);
        var difference = against.FirstOrDefault(one => one.Against == ModelComparison.SingleTask)?.Difference;
        var certainty = SampleSize.Of(score, difference, rows.Count, input.Tolerance);
        var wrong = WrongRows.Of(metric, input);
        return new EvaluationReport
        {
            Task = task.Name,
            Kind = task.Kind.ToString(),
            Metric = metric.Name,
            Rows = rows.Count,
            Warnings = [.. ReportWarnings.Of(metric, input, score, difference, certainty, labels)],
            Score = score,
            SingleScore = input.Baseline is { Predictions.Count: > 0 } baseline ? Bootstrap.Interval(metric, baseline.Predictions) : null,
            Certainty = certainty,
            Comparisons = against,
            Labels = labels,
            Confusion = task.IsClosed ? LabelCounts.Confusion(rows) : [],
            Calibration = task.IsClosed ? Calibrated(input) : null,
            WrongRows = wrong.Count,
            WrongExamples = [.. wrong.Take(WrongExamplesMax)],
        };
    }

    private static List<ModelComparison> Against(Metric metric, ReportInput input)
    {
        List<ModelComparison?> found = [];
        if (input.Baseline is { } baseline)
            found.Add(ModelComparison.Of(metric, ModelComparison.SingleTask, input.Predictions, baseline.Predictions, SingleRounds, input.Seed));
        found.AddRange(input.Others.Select(other => ModelComparison.Of(metric, other.Name, input.Predictions, other.Predictions, OtherRounds, input.Seed)));
        return [.. found.OfType<ModelComparison>()];
    }

    private static CalibrationFigures? Calibrated(ReportInput input)
    {
        var labels = input.Task.Labels;
        if (Reliability.Measure(input.Predictions, labels) is not { } before)
            return null;
        var temperature = input.Fit?.Temperature;
        return new CalibrationFigures(
            temperature, input.Fit?.Rows ?? 0, input.Fit?.Sentence ?? "Not calibrated: the recipe switches calibration off.", before,
            temperature is { } used ? Reliability.Measure(input.Predictions, labels, used) : null,
            input.Baseline is { } baseline ? Reliability.Measure(baseline.Predictions, labels, baseline.Temperature ?? 1) : null);
    }
}

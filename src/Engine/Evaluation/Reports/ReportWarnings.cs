using System.Globalization;

namespace Platform.Engine.Evaluation.Reports;

/// <summary>What the figures of a report must not be read without.</summary>
internal static class ReportWarnings
{
    private const int LabelRowsMin = 10;
    private const int NamedLabelsMax = 5;

    public static IEnumerable<string> Of(Metric metric, ReportInput input, Interval score, Interval? difference, Certainty certainty, List<LabelFigures> labels)
    {
        if (Size(input, difference, certainty) is { } size)
            yield return size;
        if (Constant(metric, input, score) is { } constant)
            yield return constant;
        if (input.Baseline is null)
            yield return "There is no dedicated model to compare with, so nothing is known about what sharing costs this task.";
        if (labels.Count == 0)
            yield break;

        var what = input.Task.IsClosed ? "label" : "type of span";
        var unknown = labels.Where(one => one.Support > 0 && !input.Task.Labels.Any(label => label.Trim() == one.Label)).ToList();
        if (unknown.Count > 0 && input.Task.Labels.Count > 0)
            yield return $"{Many(unknown.Count, $"expected {what}")} of the test rows {(unknown.Count == 1 ? "is" : "are")} not among the task's: {Names(unknown)}. The model cannot answer {(unknown.Count == 1 ? "it" : "them")}.";
        var silent = labels.Where(one => one is { Support: > 0, Answered: 0 }).ToList();
        if (silent.Count > 0)
            yield return $"{Many(silent.Count, what)} of {labels.Count} {(silent.Count == 1 ? "was" : "were")} never answered: {Names(silent)}.";
        var absent = labels.Where(one => one.Support == 0).ToList();
        if (absent.Count > 0)
            yield return $"{Many(absent.Count, what)} of {labels.Count} {(absent.Count == 1 ? "has" : "have")} no test row, so nothing is known about {(absent.Count == 1 ? "it" : "them")}: {Names(absent)}.";
        var rare = labels.Where(one => one.Support is > 0 and < LabelRowsMin).ToList();
        if (rare.Count > 0)
            yield return $"{Many(rare.Count, what)} of {labels.Count} {(rare.Count == 1 ? "has" : "have")} fewer than {LabelRowsMin} test rows; a single row moves {(rare.Count == 1 ? "its" : "their")} figures by a lot: {Names(rare)}.";
    }

    private static string? Size(ReportInput input, Interval? difference, Certainty certainty)
    {
        var rows = input.Predictions.Count;
        if (certainty.IsEnough)
            return null;
        if (rows < Gate.MinimumRows)
            return $"{Many(rows, "test row")} prove nothing: with fewer than {Gate.MinimumRows} not even the interval can be trusted.{Wish(certainty)}";
        var known = string.Create(
            CultureInfo.InvariantCulture,
            $"The test split is too small for the wished certainty: {Many(rows, "row")} fix the {(input.Baseline is null ? "score" : "difference from the dedicated model")} to ±{100 * certainty.HalfWidth:0.0} points (95 %), and the task may lose {100 * certainty.Tolerance:0.0#}.");
        var decided = difference is null ? "" : difference.Low >= -certainty.Tolerance ? " Still, they show that it did not lose more than that." : difference.High < -certainty.Tolerance ? " Still, they show that it lost more than that." : "";
        return known + Wish(certainty) + decided;
    }

    private static string Wish(Certainty certainty) =>
        certainty.RowsWanted is { } wanted ? string.Create(CultureInfo.InvariantCulture, $" About {wanted:N0} rows would do.") : "";

    /// <summary>A model that is no better than one answer for all has learned nothing.</summary>
    private static string? Constant(Metric metric, ReportInput input, Interval score)
    {
        if (!input.Task.IsClosed)
            return null;
        var rows = input.Predictions;
        var most = rows.CountBy(row => row.Expected.Trim(), StringComparer.Ordinal).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).First().Key;
        var always = metric.Score([.. rows.Select(row => row with { Actual = most })]);
        return score.Low > always
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"The score may be no better than always answering '{most}', which would reach {100 * always:0.0} points.");
    }

    private static string Many(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {(what.StartsWith("type", StringComparison.Ordinal) ? "types of span" : what + "s")}";

    private static string Names(List<LabelFigures> labels) =>
        string.Join(", ", labels.Take(NamedLabelsMax).Select(one => one.Label)) + (labels.Count > NamedLabelsMax ? $" and {labels.Count - NamedLabelsMax} more" : "");
}

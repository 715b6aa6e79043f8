using System.Globalization;
using Platform.Cli.Terminal;
using Platform.Domain.Models.Reports;
using Spectre.Console;

namespace Platform.Cli.Models;

/// <summary>An evaluation report for people and for scripts.</summary>
internal static class ReportTables
{
    private const int CellsShown = 10;
    private const int ExamplesShown = 10;
    private const int TextShown = 60;

    public static object AsJson(TaskReport found) => new
    {
        model_version = found.Version.Number,
        evaluation = ModelTables.AsJson(found.Evaluation),
        found.Report,
        other_versions = found.OtherVersions,
        other = found.Other is { } other
            ? new { model_version = other.Number, evaluation = ModelTables.AsJson(other.Evaluation), other.Comparison }
            : null,
    };

    public static void Write(Output output, TaskReport found)
    {
        var one = found.Evaluation;
        output.Line($"{one.Task?.Name}, model version {found.Version.Number}: {one.Metric} {Cells.Score(one.Score)} ({Cells.Score(one.Low)} to {Cells.Score(one.High)}) on {one.TestRows:N0} test rows");
        output.Line(one.Sentence);
        foreach (var warning in found.Report?.Warnings ?? ["This version is from before reports were kept; a new run makes one."])
            output.Line($"! {warning}");
        List<ModelComparison> comparisons = [.. found.Report?.AgainstSingle is { } single ? [single] : Array.Empty<ModelComparison>(), .. found.Other?.Comparison is { } other ? [other] : Array.Empty<ModelComparison>()];
        if (comparisons.Count > 0)
            output.Console.Write(Comparisons(comparisons));
        if (found.Other is { Comparison: null } without)
            output.Line($"Version {without.Number} answered no row in common with this one, or its answers were not kept: {Cells.Score(without.Evaluation.Score)} ({Cells.Score(without.Evaluation.Low)} to {Cells.Score(without.Evaluation.High)}).");
        if (found.Report is { } report)
            Write(output, report);
    }

    private static void Write(Output output, EvaluationReport report)
    {
        if (report.Calibration is { } calibration)
        {
            output.Line(calibration.Sentence);
            output.Line($"Calibration error {Cells.Score(calibration.Before.ExpectedCalibrationError)} points{(calibration.After is { } after ? $", {Cells.Score(after.ExpectedCalibrationError)} as served" : "")}; Brier {Number(calibration.Served.Brier)}.");
        }

        if (report.Labels.Count > 0)
            output.Console.Write(Labels(report));
        if (report.Confusion.Count > 0)
            output.Console.Write(Confusion(report));
        if (report.WrongExamples.Count > 0)
            output.Console.Write(Wrong(report));
    }

    private static Table Comparisons(IEnumerable<ModelComparison> comparisons)
    {
        var table = New("Against", "Rows", "Score", "Other", "Difference", "95 % interval", "p", "p, all tasks", "Better rows", "Worse rows");
        foreach (var one in comparisons)
            table.AddRow(Cells.Plain(
                one.Against, $"{one.Rows:N0}", Cells.Score(one.Score), Cells.Score(one.OtherScore), Signed(one.Difference.Value), $"{Signed(one.Difference.Low)} to {Signed(one.Difference.High)}",
                Number(one.PValue), one.AdjustedPValue is { } adjusted ? Number(adjusted) : "", $"{one.BetterRows:N0}", $"{one.WorseRows:N0}"));
        return table;
    }

    private static Table Labels(EvaluationReport report)
    {
        var table = New("Label", "Test rows", "Answered", "Precision", "Recall", "F1");
        foreach (var one in report.Labels.OrderBy(label => label.F1).ThenByDescending(label => label.Support))
            table.AddRow(Cells.Plain(one.Label, $"{one.Support:N0}", $"{one.Answered:N0}", Cells.Score(one.Precision), Cells.Score(one.Recall), Cells.Score(one.F1)));
        return table;
    }

    private static Table Confusion(EvaluationReport report)
    {
        var table = New("Expected", "Answered instead", "Rows");
        foreach (var cell in report.Confusion.Where(cell => cell.Expected != cell.Answered).Take(CellsShown))
            table.AddRow(Cells.Plain(cell.Expected, cell.Answered, $"{cell.Rows:N0}"));
        return table;
    }

    private static Table Wrong(EvaluationReport report)
    {
        var table = New("Wrong row", "Input", "Expected", "Answered", "Score").Title($"{Math.Min(ExamplesShown, report.WrongExamples.Count)} of {report.WrongRows} wrong rows");
        foreach (var one in report.WrongExamples.Take(ExamplesShown))
            table.AddRow(Cells.Plain(one.Id, Cut(one.Input), Cut(one.Expected), Cut(one.Answered), one.Score is { } score ? Number(score) : ""));
        return table;
    }

    private static Table New(params string[] columns) => new Table().Border(TableBorder.Minimal).AddColumns(columns);

    private static string Cut(string text) => text.Length <= TextShown ? text : text[..TextShown] + "…";

    private static string Signed(double value) => (100 * value).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value < 0.001 && value > 0 ? "0.0e0" : "0.000", CultureInfo.InvariantCulture);
}

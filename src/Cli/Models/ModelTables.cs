using Platform.Cli.Terminal;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Spectre.Console;

namespace Platform.Cli.Models;

/// <summary>Model versions for people and for scripts.</summary>
internal static class ModelTables
{
    public static Table Versions(IEnumerable<ModelVersion> versions)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Version", "Run", "Status", "Tasks", "Passed", "Failed", "Created");
        foreach (var version in versions)
            table.AddRow(Cells.Plain(
                $"{version.Number}", $"{version.Run?.Number}", version.Status.ToString().ToLowerInvariant(), $"{version.Evaluations.Count}",
                $"{version.Evaluations.Count(one => one.Verdict == GateVerdict.Pass)}", $"{version.Evaluations.Count(one => one.Verdict == GateVerdict.Fail)}", $"{version.CreatedAt:u}"));
        return table;
    }

    public static Table Evaluations(ModelVersion version)
    {
        var table = new Table().Border(TableBorder.Minimal)
            .AddColumns("Task", "Metric", "Rows", "Single-task", "Multi-task", "95 % interval", "Difference", "Served by", "Verdict", "Why");
        foreach (var one in InOrder(version))
            table.AddRow(Cells.Plain(
                one.Task?.Name, one.Metric, $"{one.TestRows:N0}", Cells.Score(one.SingleScore), Cells.Score(one.Score), $"{Cells.Score(one.Low)} to {Cells.Score(one.High)}",
                one is { DifferenceLow: { } from, DifferenceHigh: { } to } ? $"{100 * from:+0.0;-0.0;0.0} to {100 * to:+0.0;-0.0;0.0}" : "",
                one.ServedBy.ToString().ToLowerInvariant(), one.Verdict.ToString().ToLowerInvariant(), one.Sentence));
        return table;
    }

    public static object AsJson(ModelVersion version) => new
    {
        model_version = version.Number,
        run = version.Run?.Number,
        outside = OutsideTraining.Parse(version.Run?.OutsideJson),
        version.Status,
        version.BaseModel,
        version.ArtifactPath,
        version.Sha256,
        version.ContextTokens,
        version.SizeBytes,
        version.CreatedAt,
        tasks = InOrder(version).Select(AsJson),
    };

    /// <summary>A task's evaluation; the predictions' paths are inside the data folder's artifacts.</summary>
    public static object AsJson(TaskEvaluation one) => new
    {
        task = one.Task?.Name, one.Metric, one.TestRows, one.Score, one.Low, one.High, one.SingleScore, one.Difference, one.DifferenceLow, one.DifferenceHigh,
        one.ServedBy, one.Verdict, one.Sentence, one.PredictionsPath, one.SinglePredictionsPath, one.Temperature, one.ReportPath, one.ReportSha256, one.PValue, one.AdjustedPValue,
    };

    private static IEnumerable<TaskEvaluation> InOrder(ModelVersion version) => version.Evaluations.OrderBy(one => one.Task?.Name, StringComparer.Ordinal);
}

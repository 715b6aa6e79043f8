using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;
using Platform.Domain.Models;
using Platform.Domain.Models.Reports;
using Platform.Engine.Evaluation;
using EngineComparison = Platform.Engine.Evaluation.Comparisons.ModelComparison;

namespace Platform.Cli.Models;

/// <summary>A task's evaluation report, and the comparison with any other version, computed from the stored answers where no report holds it.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var number = new Argument<int>("VERSION") { Description = "The model version's number" };
        var task = new Argument<string>("TASK") { Description = "The task's name" };
        var against = new Option<int?>("--against") { Description = "Another version to compare with, on the rows that both answered", HelpName = "VERSION" };
        var command = new Command("report", "A task's evaluation: interval, comparisons, labels, calibration and the wrong rows") { number, task, against, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var found = (await session.Get<TaskReports>().FindAsync(
                session.Actor, parsed.GetValue(number), parsed.GetRequiredValue(task), parsed.GetValue(against), cancellationToken)).OrFail();
            if (found.Other is { Comparison: null } other)
                found = found with { Other = other with { Comparison = await CompareAsync(session.Get<ArtifactStore>(), found.Evaluation, other, cancellationToken) } };
            output.Result(ReportTables.AsJson(found), () => ReportTables.Write(output, found));
        });
        return command;
    }

    private static async Task<ModelComparison?> CompareAsync(ArtifactStore store, TaskEvaluation evaluation, OtherVersionReport other, CancellationToken cancellationToken)
    {
        if (await ReadAsync(store, evaluation, cancellationToken) is not { } ours || await ReadAsync(store, other.Evaluation, cancellationToken) is not { } theirs)
            return null;
        var labels = evaluation.Task!.Labels;
        var metric = Metric.Parse(evaluation.Metric, labels.Count > 0 ? labels : null);
        var found = EngineComparison.Of(metric, $"version {other.Number}", ours, theirs);
        return found is null
            ? null
            : new ModelComparison(
                found.Against, found.Rows, found.Score, found.OtherScore, new ScoreInterval(found.Difference.Value, found.Difference.Low, found.Difference.High),
                found.Test, found.PValue, found.AdjustedPValue, found.BetterRows, found.WorseRows);
    }

    private static async Task<IReadOnlyList<Prediction>?> ReadAsync(ArtifactStore store, TaskEvaluation evaluation, CancellationToken cancellationToken)
    {
        if (evaluation.PredictionsPath is not { } path)
            return null;
        var opened = await store.OpenAsync(path, cancellationToken);
        if (opened.IsFailure)
            return opened.Error.Code == StorageErrors.AbsentCode ? null : throw new CommandFailure(opened.Summary);
        using var files = opened.Value;
        return PredictionFolder.Exists(files.Path) ? PredictionFolder.Read(files.Path).Predictions : null;
    }
}

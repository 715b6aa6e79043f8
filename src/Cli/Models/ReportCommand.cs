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
                found = found with { Other = other with { Comparison = Compare(session.Get<ArtifactStore>(), found.Evaluation, other) } };
            output.Result(ReportTables.AsJson(found), () => ReportTables.Write(output, found));
        });
        return command;
    }

    private static ModelComparison? Compare(ArtifactStore store, TaskEvaluation evaluation, OtherVersionReport other)
    {
        if (Read(store, evaluation) is not { } ours || Read(store, other.Evaluation) is not { } theirs)
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

    private static IReadOnlyList<Prediction>? Read(ArtifactStore store, TaskEvaluation evaluation) =>
        evaluation.PredictionsPath is { } path && PredictionFolder.Exists(store.FullPath(path)) ? PredictionFolder.Read(store.FullPath(path)).Predictions : null;
}

using Platform.Domain.Artifacts;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Comparisons;
using Platform.Engine.Evaluation.Reports;
using Platform.Method;

namespace Platform.Jobs.Runs.Steps;

/// <summary>A task's answers, judged.</summary>
/// <param name="Baseline">What the dedicated model's step left.</param>
internal sealed record JudgedTask(RunTask Task, EvaluationReport Report, Judgement Judgement, BaselineOutcome Baseline, AnsweredSplit Answered)
{
    public ModelComparison AgainstBaseline => Report.Comparisons.Single(one => one.Against == ModelComparison.SingleTask);
}

/// <summary>Turns the answers of a run's final model into reports, and stores both.</summary>
internal sealed class TaskJudge(ArtifactStore store, ModelRegistry registry, DeploymentRollout rollout)
{
    /// <summary>Comparing costs a second or so each; older versions can still be compared in the terminal.</summary>
    private const int NewestVersions = 3;

    private const int VersionsLookedAt = 100;

    private const string ReportFile = "report.json";

    public async Task<JudgedTask> JudgeAsync(StepContext step, RunTask task, AnsweredSplit answered, CancellationToken cancellationToken)
    {
        var spec = EngineMapping.Spec(task.Task!);
        var baseline = step.Result<BaselineOutcome>(RunStepKind.Baseline, task.TaskId)
            ?? throw new InvalidDataException($"{spec.Name} has no baseline to compare with. Plan the run again.");
        var others = await OthersAsync(task, cancellationToken);
        var report = EvaluationReports.Create(new ReportInput
        {
            Task = spec,
            Predictions = answered.Predictions,
            Fit = answered.Fit,
            Baseline = await StoredPredictions.ReadAsync(store, baseline.PredictionsPath, cancellationToken),
            Others = others,
            Tolerance = task.Task!.Tolerance,
            Seed = step.Recipe.Seed,
        });
        var difference = report.Comparisons.FirstOrDefault(one => one.Against == ModelComparison.SingleTask)?.Difference
            ?? throw new InvalidDataException($"{spec.Name}: its dedicated model answered other test rows. Plan the run again.");
        return new JudgedTask(task, report, Gate.Judge(difference, task.Task!.Tolerance, report.Rows), baseline, answered);
    }

    /// <summary>The newest versions that answered this task, and the one that serves.</summary>
    private async Task<IReadOnlyList<(string Name, IReadOnlyList<Prediction> Predictions)>> OthersAsync(RunTask task, CancellationToken cancellationToken)
    {
        var live = (await rollout.FindLiveAsync(cancellationToken))?.ModelVersion?.Number;
        var known = (await registry.EvaluationsOfAsync(task.TaskId, VersionsLookedAt, cancellationToken))
            .Where(one => one.PredictionsPath is not null);
        List<(string, IReadOnlyList<Prediction>)> others = [];
        foreach (var one in known)
            if ((others.Count < NewestVersions || one.Number == live) && await StoredPredictions.FindAsync(store, one.PredictionsPath!, cancellationToken) is { } answered)
                others.Add(($"version {one.Number}", answered.Predictions));
        return others;
    }

    /// <summary>Corrects the tests for the number of tasks, so that a large run does not find a difference by chance alone.</summary>
    public static IReadOnlyList<JudgedTask> Together(IReadOnlyList<JudgedTask> tasks)
    {
        var corrected = PairedTests.Holm([.. tasks.Select(task => (double?)task.AgainstBaseline.PValue)]);
        return [.. tasks.Zip(corrected, (task, value) => task with
        {
            Report = task.Report with
            {
                Comparisons = [.. task.Report.Comparisons.Select(one => one == task.AgainstBaseline ? one with { AdjustedPValue = value } : one)],
            },
        })];
    }

    public async Task<TaskOutcome> StoreAsync(JudgedTask judged, long tokens, long deviceMicroseconds, CancellationToken cancellationToken)
    {
        var (task, report, difference) = (judged.Task, judged.Report, judged.AgainstBaseline);
        using var staging = store.Stage(ArtifactStore.Reports);
        await File.WriteAllTextAsync(Path.Combine(staging.Folder, ReportFile), StepResults.Write(report), cancellationToken);
        var stored = await staging.CommitAsync(cancellationToken);
        if (stored.IsFailure)
            throw new StorageException(stored.Error);
        var predictions = await StoredPredictions.StoreAsync(store, EngineMapping.Spec(task.Task!), judged.Answered, cancellationToken);
        return new TaskOutcome(
            task.TaskId, report.Task, report.Metric, report.Score.Value, report.Score.Low, report.Score.High, judged.Baseline.TestScore,
            difference.Difference.Value, difference.Difference.Low, difference.Difference.High, report.Rows,
            task.Decision == TaskDecision.Isolated ? ServedBy.Adapter : ServedBy.Shared,
            EngineMapping.Verdict(judged.Judgement.Verdict), judged.Judgement.Sentence, tokens, deviceMicroseconds,
            predictions, judged.Baseline.PredictionsPath, judged.Answered.Temperature, stored.Value.Path, stored.Value.Sha256,
            difference.PValue, difference.AdjustedPValue);
    }
}

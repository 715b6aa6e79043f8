using Platform.Domain.Datasets;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Portal.Tasks;

/// <summary>A task with its evaluation by one model version.</summary>
public sealed record TaskScore(ModelVersion Version, TaskEvaluation Evaluation);

/// <param name="Score">By the version that is live, else by the newest that knows the task.</param>
/// <param name="IsLive">The live deployment answers this task.</param>
/// <param name="MonthUsage">One entry per currency; none without requests.</param>
public sealed record TaskRow(
    TaskDefinition Task, DatasetVersion? Data, TaskScore? Score, bool IsLive, IReadOnlyList<UsageSummary> MonthUsage);

/// <param name="Scores">Newest model version first.</param>
public sealed record TaskView(
    TaskDefinition Task, IReadOnlyList<DatasetVersion> Data, IReadOnlyList<TaskScore> Scores, int? LiveModelNumber, IReadOnlyList<UsageSummary> MonthUsage);

/// <summary>What the task pages show, put together from the domain's operations.</summary>
public sealed class TaskOverview(
    TaskCatalog catalog, DatasetQueries datasets, ModelRegistry registry, DeploymentRollout rollout, UsageQuery usage, TimeProvider clock)
{
    public async Task<Result<IReadOnlyList<TaskRow>>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        var tasks = await catalog.ListAsync(actor, archivedToo: false, cancellationToken);
        var newest = await datasets.NewestByTaskAsync(actor, cancellationToken);
        var versions = await registry.ListAsync(cancellationToken);
        var live = await rollout.FindLiveAsync(cancellationToken);
        var month = await usage.SummariseAsync(actor, ThisMonth(null), UsageGrouping.Task, cancellationToken);
        return tasks.Select(task =>
        {
            var isLive = live?.ModelVersion?.Evaluations.Exists(evaluation => evaluation.TaskId == task.Id) == true;
            var scores = ScoresOf(task, versions);
            return new TaskRow(
                task,
                newest.GetValueOrDefault(task.Id),
                scores.FirstOrDefault(score => isLive && score.Version.Id == live!.ModelVersionId) ?? scores.FirstOrDefault(),
                isLive,
                [.. month.Where(sum => sum.Group == task.Name)]);
        }).ToList();
    }

    public async Task<Result<TaskView>> FindAsync(Actor actor, string name, CancellationToken cancellationToken)
    {
        var found = await catalog.FindAsync(actor, name, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<TaskView>(found.Errors);
        var task = found.Value;
        var live = await rollout.FindLiveAsync(cancellationToken);
        var isLive = live?.ModelVersion?.Evaluations.Exists(evaluation => evaluation.TaskId == task.Id) == true;
        return new TaskView(
            task,
            await datasets.ListAsync(actor, task.Id, cancellationToken),
            ScoresOf(task, await registry.ListAsync(cancellationToken)),
            isLive ? live!.ModelVersion!.Number : null,
            await usage.SummariseAsync(actor, ThisMonth(task.Id), UsageGrouping.Task, cancellationToken));
    }

    private static List<TaskScore> ScoresOf(TaskDefinition task, IReadOnlyList<ModelVersion> versions) =>
        [.. from version in versions from evaluation in version.Evaluations where evaluation.TaskId == task.Id select new TaskScore(version, evaluation)];

    private UsageFilter ThisMonth(Guid? taskId)
    {
        var now = clock.GetUtcNow();
        return new UsageFilter(new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero), now.AddDays(1), taskId);
    }
}

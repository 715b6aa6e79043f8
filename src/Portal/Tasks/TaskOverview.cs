using Platform.Domain.Datasets;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Portal.Tasks;

/// <param name="Score">By the version that is live, else by the newest that knows the task.</param>
/// <param name="IsLive">The live deployment answers this task.</param>
/// <param name="MonthUsage">One entry per currency; none without requests.</param>
public sealed record TaskRow(
    TaskDefinition Task, DatasetVersion? Data, TaskScore? Score, bool IsLive, IReadOnlyList<UsageSummary> MonthUsage);

/// <param name="Scores">Newest model version first, the last fifty.</param>
public sealed record TaskView(
    TaskDefinition Task, IReadOnlyList<DatasetVersion> Data, IReadOnlyList<TaskScore> Scores, int? LiveModelNumber, IReadOnlyList<UsageSummary> MonthUsage);

/// <summary>What the task pages show, put together from the domain's operations.</summary>
public sealed class TaskOverview(
    TaskCatalog catalog, DatasetQueries datasets, ModelRegistry registry, DeploymentRollout rollout, UsageQuery usage, TimeProvider clock)
{
    private const int MostScores = 50;

    public async Task<Result<IReadOnlyList<TaskRow>>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        var tasks = await catalog.ListAsync(actor, archivedToo: false, cancellationToken);
        var newest = await datasets.NewestByTaskAsync(actor, cancellationToken);
        var live = await rollout.FindLiveVersionAsync(cancellationToken);
        var scores = await registry.CurrentScoresAsync([.. tasks.Select(task => task.Id)], live?.Id, cancellationToken);
        var month = await usage.SummariseAsync(actor, ThisMonth(null), UsageGrouping.Task, cancellationToken);
        var costs = month.ToLookup(sum => sum.Group, StringComparer.Ordinal);
        return tasks.Select(task =>
        {
            var score = scores.GetValueOrDefault(task.Id);
            return new TaskRow(task, newest.GetValueOrDefault(task.Id), score, score is not null && score.Version.Id == live?.Id, [.. costs[task.Name]]);
        }).ToList();
    }

    public async Task<Result<TaskView>> FindAsync(Actor actor, string name, CancellationToken cancellationToken)
    {
        var found = await catalog.FindAsync(actor, name, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<TaskView>(found.Errors);
        var task = found.Value;
        var live = await rollout.FindLiveVersionAsync(cancellationToken);
        var scores = await registry.ScoresAsync(task.Id, MostScores, cancellationToken);
        return new TaskView(
            task,
            await datasets.ListAsync(actor, task.Id, cancellationToken),
            scores,
            live is not null && (await registry.CurrentScoresAsync([task.Id], live.Id, cancellationToken)).GetValueOrDefault(task.Id)?.Version.Id == live.Id ? live.Number : null,
            await usage.SummariseAsync(actor, ThisMonth(task.Id), UsageGrouping.Task, cancellationToken));
    }

    private UsageFilter ThisMonth(Guid? taskId)
    {
        var now = clock.GetUtcNow();
        return new UsageFilter(new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero), now.AddDays(1), taskId);
    }
}

using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Results;

namespace Platform.Domain.Runs;

/// <summary>A run in a list.</summary>
/// <param name="Tasks">How many take part.</param>
/// <param name="Now">The step that is being worked on; null when none is.</param>
public sealed record RunSummary(
    Guid Id, int Number, string Name, RunStatus Status, int Tasks, RunningStep? Now, string RequestedByName, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

/// <param name="Progress">0 to 1; null while the total is not known.</param>
public sealed record RunningStep(RunStepKind Kind, double? Progress);

/// <summary>Runs as pages and terminals show them.</summary>
public sealed class RunQueries(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <summary>Newest first, with tasks and steps.</summary>
    public async Task<IReadOnlyList<FineTuningRun>> ListAsync(int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await WithParts(context).OrderByDescending(run => run.Number).Take(take).ToListAsync(cancellationToken);
    }

    /// <summary>Newest first, with no more than a list shows.</summary>
    public async Task<IReadOnlyList<RunSummary>> SummariseAsync(int skip, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = await context.Runs.OrderByDescending(run => run.Number).Skip(skip).Take(take)
            .Select(run => new { run.Id, run.Number, run.Name, run.Status, Tasks = run.Tasks.Count, run.RequestedByName, run.CreatedAt, run.StartedAt, run.EndedAt }).ToListAsync(cancellationToken);
        var open = runs.Where(run => run.EndedAt is null).Select(run => run.Id).ToList();
        var running = (await context.RunSteps.AsNoTracking().Where(step => open.Contains(step.RunId) && step.Status == RunStepStatus.Running).OrderBy(step => step.Ordinal).ToListAsync(cancellationToken))
            .ToLookup(step => step.RunId);
        return [.. runs.Select(run => new RunSummary(
            run.Id, run.Number, run.Name, run.Status, run.Tasks,
            running[run.Id].Select(step => new RunningStep(step.Kind, step.Progress)).FirstOrDefault(), run.RequestedByName, run.CreatedAt, run.StartedAt, run.EndedAt))];
    }

    public async Task<Result<FineTuningRun>> FindAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await WithParts(context).SingleOrDefaultAsync(found => found.Number == number, cancellationToken);
        return run is null ? RunErrors.Unknown(number) : run;
    }

    /// <summary>The run with its steps and, of its tasks, only what changes while it is at work.</summary>
    public async Task<Result<(FineTuningRun Run, string TaskStamp)>> FollowAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await context.Runs.AsNoTracking().Include(found => found.Steps.OrderBy(step => step.Ordinal)).SingleOrDefaultAsync(found => found.Number == number, cancellationToken);
        if (run is null)
            return RunErrors.Unknown(number);
        var tasks = await context.RunTasks.Where(task => task.RunId == run.Id).OrderBy(task => task.Id)
            .Select(task => new { task.Id, task.Decision, task.Reason, task.SingleScore, task.MultiScore, task.ServedBy, task.HighResource, task.DecidedByName }).ToListAsync(cancellationToken);
        return (run, string.Join('\n', tasks));
    }

    /// <summary>Which tasks are in a run that is not over, with the newest such run's number.</summary>
    public async Task<IReadOnlyDictionary<Guid, int>> TasksInTrainingAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var tasks = await (
            from run in context.Runs
            where run.EndedAt == null
            from task in run.Tasks
            select new { task.TaskId, run.Number }).ToListAsync(cancellationToken);
        return tasks.GroupBy(task => task.TaskId).ToDictionary(group => group.Key, group => group.Max(task => task.Number));
    }

    /// <summary>Curve points with an id greater than <paramref name="afterId"/>, oldest first.</summary>
    public async Task<IReadOnlyList<RunMetric>> MetricsAsync(Guid runId, long afterId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RunMetrics.AsNoTracking().Where(point => point.RunId == runId && point.Id > afterId).OrderBy(point => point.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Log lines with an id greater than <paramref name="afterId"/>, oldest first.</summary>
    public async Task<IReadOnlyList<RunEvent>> EventsAsync(Guid runId, long afterId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RunEvents.AsNoTracking().Where(line => line.RunId == runId && line.Id > afterId).OrderBy(line => line.Id).ToListAsync(cancellationToken);
    }

    private static IQueryable<FineTuningRun> WithParts(PlatformDbContext context) => context.Runs.AsNoTracking().AsSplitQuery()
        .Include(run => run.Tasks).ThenInclude(task => task.Task)
        .Include(run => run.Tasks).ThenInclude(task => task.DatasetVersion)
        .Include(run => run.Steps.OrderBy(step => step.Ordinal));
}

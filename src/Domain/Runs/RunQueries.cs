using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Results;

namespace Platform.Domain.Runs;

/// <summary>Runs as pages and terminals show them.</summary>
public sealed class RunQueries(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <summary>Newest first, with tasks and steps.</summary>
    public async Task<IReadOnlyList<FineTuningRun>> ListAsync(int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await WithParts(context).OrderByDescending(run => run.Number).Take(take).ToListAsync(cancellationToken);
    }

    public async Task<Result<FineTuningRun>> FindAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await WithParts(context).SingleOrDefaultAsync(found => found.Number == number, cancellationToken);
        return run is null ? RunErrors.Unknown(number) : run;
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

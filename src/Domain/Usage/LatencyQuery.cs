using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Usage;

/// <summary>From a request's arrival until its answer was on record. Each percentile is a step of <see cref="LatencySteps"/>: never too small, and at most a tenth too large.</summary>
/// <param name="Requests">How many were answered.</param>
public sealed record LatencySummary(long Requests, TimeSpan P50, TimeSpan P95, TimeSpan P99);

/// <summary>Percentiles of latency by task and day, counted in the database: however many requests there were, a few rows are read.</summary>
public sealed class LatencyQuery(IDbContextFactory<PlatformDbContext> contexts)
{
    private sealed record Step<TKey>(TKey Key, long AtMost, long Requests);

    /// <summary>By the tasks' names; tasks without an answered request are left out.</summary>
    /// <param name="filter">Whole days (UTC); its key is not looked at.</param>
    public async Task<IReadOnlyDictionary<string, LatencySummary>> ByTaskAsync(Actor actor, UsageFilter filter, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (first, end) = DaysOf(filter);
        var only = filter.TaskId;
        var steps = await (
            from task in context.Tasks.VisibleTo(actor)
            where only == null || task.Id == only
            join step in context.LatencyRollups on task.Id equals step.TaskId
            where step.StartMicroseconds >= first && step.StartMicroseconds < end
            group step by new { task.Name, step.AtMostMicroseconds } into same
            select new { same.Key.Name, same.Key.AtMostMicroseconds, Requests = same.Sum(step => step.Requests) }).ToListAsync(cancellationToken);
        return Summarise(steps.Select(step => new Step<string>(step.Name, step.AtMostMicroseconds, step.Requests)));
    }

    /// <summary>Of one task, by day (UTC); days without an answered request are left out.</summary>
    /// <param name="filter">Names the task.</param>
    public async Task<IReadOnlyDictionary<DateOnly, LatencySummary>> ByDayAsync(Actor actor, UsageFilter filter, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (first, end) = DaysOf(filter);
        var only = filter.TaskId;
        var steps = await (
            from task in context.Tasks.VisibleTo(actor)
            where task.Id == only
            join step in context.LatencyRollups on task.Id equals step.TaskId
            where step.StartMicroseconds >= first && step.StartMicroseconds < end
            select new { step.StartMicroseconds, step.AtMostMicroseconds, step.Requests }).ToListAsync(cancellationToken);
        return Summarise(steps.Select(step => new Step<DateOnly>(DateOnly.FromDateTime(UnixTime.FromMicroseconds(step.StartMicroseconds).UtcDateTime), step.AtMostMicroseconds, step.Requests)));
    }

    private static (long From, long To) DaysOf(UsageFilter filter) =>
        (UsageSpan.Floor(UnixTime.ToMicroseconds(filter.From), UnixTime.MicrosecondsPerDay), UnixTime.ToMicroseconds(filter.To));

    private static Dictionary<TKey, LatencySummary> Summarise<TKey>(IEnumerable<Step<TKey>> steps)
        where TKey : notnull => steps.GroupBy(step => step.Key).ToDictionary(group => group.Key, group => Summary([.. group.OrderBy(step => step.AtMost)]));

    private static LatencySummary Summary<TKey>(List<Step<TKey>> sorted)
    {
        var total = sorted.Sum(step => step.Requests);
        return new LatencySummary(total, Quantile(sorted, total, 50), Quantile(sorted, total, 95), Quantile(sorted, total, 99));
    }

    /// <summary>The smallest step that so many percent of all requests do not exceed.</summary>
    private static TimeSpan Quantile<TKey>(List<Step<TKey>> sorted, long total, int percent)
    {
        var seen = 0L;
        var step = sorted.First(step => (seen += step.Requests) * 100 >= total * percent);
        return TimeSpan.FromMicroseconds(step.AtMost);
    }
}

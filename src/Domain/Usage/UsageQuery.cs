using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Users;

namespace Platform.Domain.Usage;

public enum UsageGrouping
{
    Task,
    Team,
    Key,
    Day,
}

/// <param name="To">Exclusive.</param>
public sealed record UsageFilter(DateTimeOffset From, DateTimeOffset To, Guid? TaskId = null, Guid? KeyId = null);

/// <param name="Group">The task's, team's or key's name, or the day (UTC).</param>
public sealed record UsageSummary(
    string Group, string Currency, long Requests, long Errors, long Inputs, long PromptTokens, long CachedTokens, long CompletionTokens,
    long DeviceMicroseconds, long CostNano);

/// <summary>What was used and what it cost, summed in the database.</summary>
public sealed class UsageQuery(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <param name="actor">Members see their teams' usage, admins all.</param>
    public async Task<IReadOnlyList<UsageSummary>> SummariseAsync(Actor actor, UsageFilter filter, UsageGrouping grouping, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var records = Matching(context, actor, filter);
        IEnumerable<UsageSummary> rows = grouping switch
        {
            UsageGrouping.Task => await NamedAsync(
                records.Select(record => new Keyed<Guid> { Key = record.TaskId, Record = record }),
                await context.Tasks.ToDictionaryAsync(task => task.Id, task => task.Name, cancellationToken), cancellationToken),
            UsageGrouping.Team => await NamedAsync(
                records.Select(record => new Keyed<Guid> { Key = record.TeamId, Record = record }),
                await context.Teams.ToDictionaryAsync(team => team.Id, team => team.Name, cancellationToken), cancellationToken),
            UsageGrouping.Key => await NamedAsync(
                records.Select(record => new Keyed<Guid> { Key = record.KeyId, Record = record }),
                await context.ApiKeys.ToDictionaryAsync(key => key.Id, key => $"{key.Name} ({key.Prefix}...)", cancellationToken), cancellationToken),
            UsageGrouping.Day => (await SumAsync(
                records.Select(record => new Keyed<long> { Key = record.AtMicroseconds / UnixTime.MicrosecondsPerDay, Record = record }), cancellationToken))
                .Select(sum => sum.Named(UnixTime.FromMicroseconds(sum.Key * UnixTime.MicrosecondsPerDay).ToString("yyyy-MM-dd"))),
            _ => throw new ArgumentOutOfRangeException(nameof(grouping), grouping, "Unknown grouping."),
        };
        return [.. rows.OrderBy(row => row.Group, StringComparer.Ordinal)];
    }

    private static IQueryable<UsageRecord> Matching(PlatformDbContext context, Actor actor, UsageFilter filter)
    {
        var from = UnixTime.ToMicroseconds(filter.From);
        var to = UnixTime.ToMicroseconds(filter.To);
        var records = context.UsageRecords.AsNoTracking().Where(record => record.AtMicroseconds >= from && record.AtMicroseconds < to);
        if (!actor.IsAdmin)
        {
            var mine = actor.TeamIds.ToList();
            records = records.Where(record => mine.Contains(record.TeamId));
        }

        if (filter.TaskId is { } task)
            records = records.Where(record => record.TaskId == task);
        if (filter.KeyId is { } key)
            records = records.Where(record => record.KeyId == key);
        return records;
    }

    private static async Task<IEnumerable<UsageSummary>> NamedAsync(IQueryable<Keyed<Guid>> rows, Dictionary<Guid, string> names, CancellationToken cancellationToken) =>
        (await SumAsync(rows, cancellationToken)).Select(sum => sum.Named(names.GetValueOrDefault(sum.Key, sum.Key.ToString())));

    /// <summary>One GROUP BY for every grouping; amounts in different currencies are never added up.</summary>
    private static async Task<List<Sum<TKey>>> SumAsync<TKey>(IQueryable<Keyed<TKey>> rows, CancellationToken cancellationToken)
        where TKey : struct
    {
        var sums = await rows.GroupBy(row => new { row.Key, row.Record.Currency }).Select(group => new
        {
            group.Key.Key,
            group.Key.Currency,
            Requests = group.Sum(row => row.Record.Status == UsageStatus.Shadow ? 0L : 1L),
            Errors = group.Sum(row => row.Record.Status == UsageStatus.Error ? 1L : 0L),
            Inputs = group.Sum(row => (long)row.Record.Inputs),
            PromptTokens = group.Sum(row => row.Record.PromptTokens),
            CachedTokens = group.Sum(row => row.Record.CachedTokens),
            CompletionTokens = group.Sum(row => row.Record.CompletionTokens),
            DeviceMicroseconds = group.Sum(row => row.Record.DeviceMicroseconds),
            CostNano = group.Sum(row => row.Record.CostNano),
        }).ToListAsync(cancellationToken);
        return [.. sums.Select(sum => new Sum<TKey>(sum.Key, new UsageSummary(
            "", sum.Currency, sum.Requests, sum.Errors, sum.Inputs, sum.PromptTokens, sum.CachedTokens, sum.CompletionTokens,
            sum.DeviceMicroseconds, sum.CostNano)))];
    }

    private sealed class Keyed<TKey>
        where TKey : struct
    {
        public required TKey Key { get; init; }

        public required UsageRecord Record { get; init; }
    }

    private sealed record Sum<TKey>(TKey Key, UsageSummary Totals)
        where TKey : struct
    {
        public UsageSummary Named(string group) => Totals with { Group = group };
    }
}

using System.Linq.Expressions;
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
/// <param name="CostNano">As it was billed with the requests.</param>
public sealed record UsageSummary(
    string Group, string Currency, long Requests, long Errors, long Inputs, long PromptTokens, long CachedTokens, long CompletionTokens,
    long DeviceMicroseconds, long CostNano)
{
    /// <summary>What corrections of rates changed since.</summary>
    public long AdjustmentNano { get; init; }

    public long TotalNano => CostNano + AdjustmentNano;

    /// <summary>Share of the prompt's tokens that were computed before; null without a token.</summary>
    public double? CachedShare => PromptTokens > 0 ? (double)CachedTokens / PromptTokens : null;
}

/// <summary>What was used and what it cost, summed in the database: long spans from the roll-ups, so that millions of records cost nothing.</summary>
public sealed class UsageQuery(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <param name="actor">Members see their teams' usage, admins all.</param>
    public async Task<IReadOnlyList<UsageSummary>> SummariseAsync(Actor actor, UsageFilter filter, UsageGrouping grouping, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        IEnumerable<UsageSummary> rows = grouping switch
        {
            UsageGrouping.Task => await NamedAsync(
                context, actor, filter, row => row.TaskId,
                await context.Tasks.Select(task => new { task.Id, task.Name }).ToDictionaryAsync(task => task.Id, task => task.Name, cancellationToken), cancellationToken),
            UsageGrouping.Team => await NamedAsync(
                context, actor, filter, row => row.TeamId,
                await context.Teams.Select(team => new { team.Id, team.Name }).ToDictionaryAsync(team => team.Id, team => team.Name, cancellationToken), cancellationToken),
            UsageGrouping.Key => await NamedAsync(
                context, actor, filter, row => row.KeyId,
                await context.ApiKeys.Select(key => new { key.Id, key.Name, key.Prefix }).ToDictionaryAsync(key => key.Id, key => $"{key.Name} ({key.Prefix}...)", cancellationToken), cancellationToken),
            UsageGrouping.Day => (await SumAsync(
                context, actor, filter, row => row.AtMicroseconds / UnixTime.MicrosecondsPerDay, cancellationToken))
                .Select(sum => sum.Totals with { Group = UnixTime.FromMicroseconds(sum.Key * UnixTime.MicrosecondsPerDay).ToString("yyyy-MM-dd") }),
            _ => throw new ArgumentOutOfRangeException(nameof(grouping), grouping, "Unknown grouping."),
        };
        return [.. rows.OrderBy(row => row.Group, StringComparer.Ordinal)];
    }

    private async Task<IEnumerable<UsageSummary>> NamedAsync(
        PlatformDbContext context, Actor actor, UsageFilter filter, Expression<Func<UsageRow, Guid>> key,
        Dictionary<Guid, string> names, CancellationToken cancellationToken) =>
        (await SumAsync(context, actor, filter, key, cancellationToken))
        .Select(sum => sum.Totals with { Group = names.GetValueOrDefault(sum.Key, sum.Key.ToString()) });

    /// <summary>One GROUP BY for each part of the span; amounts in different currencies are never added up.</summary>
    private async Task<List<Sum<TKey>>> SumAsync<TKey>(
        PlatformDbContext context, Actor actor, UsageFilter filter, Expression<Func<UsageRow, TKey>> key, CancellationToken cancellationToken)
        where TKey : struct
    {
        var (from, to) = (UnixTime.ToMicroseconds(filter.From), UnixTime.ToMicroseconds(filter.To));
        List<Sum<TKey>> parts = [];
        foreach (var span in UsageSpan.Of(from, to, UnixTime.ToMicroseconds(clock.GetUtcNow())))
            parts.AddRange(await UsageSums.OfRowsAsync(Matching(span.Rows(context), actor, filter), key, cancellationToken));
        var adjusted = await UsageSums.OfRowsAsync(Matching(UsageRows.Adjustments(context, from, to), actor, filter), key, cancellationToken);
        parts.AddRange(adjusted.Select(sum => sum with { Totals = sum.Totals with { CostNano = 0, AdjustmentNano = sum.Totals.CostNano } }));
        return UsageSums.Together(parts);
    }

    private static IQueryable<UsageRow> Matching(IQueryable<UsageRow> rows, Actor actor, UsageFilter filter)
    {
        if (!actor.IsAdmin)
        {
            var mine = actor.TeamIds.ToList();
            rows = rows.Where(row => mine.Contains(row.TeamId));
        }

        if (filter.TaskId is { } task)
            rows = rows.Where(row => row.TaskId == task);
        if (filter.KeyId is { } key)
            rows = rows.Where(row => row.KeyId == key);
        return rows;
    }
}

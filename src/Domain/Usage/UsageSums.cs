using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace Platform.Domain.Usage;

internal sealed record Sum<TKey>(TKey Key, UsageSummary Totals)
    where TKey : struct;

/// <summary>Sums by a key and by currency, in the database.</summary>
internal static class UsageSums
{
    private sealed class Keyed<TKey>
        where TKey : struct
    {
        public required TKey Key { get; init; }

        public required UsageRow Row { get; init; }
    }

    public static async Task<IEnumerable<Sum<TKey>>> OfRowsAsync<TKey>(IQueryable<UsageRow> rows, Expression<Func<UsageRow, TKey>> key, CancellationToken cancellationToken)
        where TKey : struct
    {
        var sums = await rows.Select(WithKey(key)).GroupBy(row => new { row.Key, row.Row.Currency }).Select(group => new
        {
            group.Key.Key,
            group.Key.Currency,
            Requests = group.Sum(row => row.Row.Requests),
            Errors = group.Sum(row => row.Row.Errors),
            Inputs = group.Sum(row => row.Row.Inputs),
            PromptTokens = group.Sum(row => row.Row.PromptTokens),
            CachedTokens = group.Sum(row => row.Row.CachedTokens),
            CompletionTokens = group.Sum(row => row.Row.CompletionTokens),
            DeviceMicroseconds = group.Sum(row => row.Row.DeviceMicroseconds),
            CostNano = group.Sum(row => row.Row.CostNano),
        }).ToListAsync(cancellationToken);
        return sums.Select(sum => new Sum<TKey>(sum.Key, new UsageSummary(
            "", sum.Currency, sum.Requests, sum.Errors, sum.Inputs, sum.PromptTokens, sum.CachedTokens, sum.CompletionTokens, sum.DeviceMicroseconds, sum.CostNano)));
    }

    public static List<Sum<TKey>> Together<TKey>(IEnumerable<Sum<TKey>> parts)
        where TKey : struct =>
        [.. parts.GroupBy(part => (part.Key, part.Totals.Currency)).Select(group => new Sum<TKey>(group.Key.Key, group.Select(part => part.Totals).Aggregate(Add)))];

    private static Expression<Func<UsageRow, Keyed<TKey>>> WithKey<TKey>(Expression<Func<UsageRow, TKey>> key)
        where TKey : struct => Expression.Lambda<Func<UsageRow, Keyed<TKey>>>(
            Expression.MemberInit(
                Expression.New(typeof(Keyed<TKey>)),
                Expression.Bind(typeof(Keyed<TKey>).GetProperty(nameof(Keyed<TKey>.Key))!, key.Body),
                Expression.Bind(typeof(Keyed<TKey>).GetProperty(nameof(Keyed<TKey>.Row))!, key.Parameters[0])),
            key.Parameters);

    private static UsageSummary Add(UsageSummary one, UsageSummary other) => one with
    {
        Requests = one.Requests + other.Requests,
        Errors = one.Errors + other.Errors,
        Inputs = one.Inputs + other.Inputs,
        PromptTokens = one.PromptTokens + other.PromptTokens,
        CachedTokens = one.CachedTokens + other.CachedTokens,
        CompletionTokens = one.CompletionTokens + other.CompletionTokens,
        DeviceMicroseconds = one.DeviceMicroseconds + other.DeviceMicroseconds,
        CostNano = one.CostNano + other.CostNano,
        AdjustmentNano = one.AdjustmentNano + other.AdjustmentNano,
    };
}

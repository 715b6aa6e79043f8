using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Persistence;
using Platform.Domain.Usage;

namespace Platform.Domain.Rates;

/// <summary>Works out what the correction of a rate changes, by day, task and key, and writes it down as adjustments.</summary>
internal static class Repricing
{
    private sealed record Used(long Day, Guid TaskId, Guid TeamId, Guid KeyId, long DeviceMicroseconds);

    public static async Task<IReadOnlyList<UsageAdjustment>> AdjustAsync(
        PlatformDbContext context, RateHistory history, Rate wrong, Rate right, CancellationToken cancellationToken)
    {
        // A record that is written after this transaction has the right price already.
        var from = UnixTime.ToMicroseconds(wrong.StartsAt);
        var now = UnixTime.ToMicroseconds(right.CreatedAt);
        var end = history.EndOf(wrong.StartsAt);
        var to = end == DateTimeOffset.MaxValue ? now + 1 : Math.Min(UnixTime.ToMicroseconds(end), now + 1);
        List<UsageAdjustment> adjustments = [];
        foreach (var used in await UsedAsync(context, from, to, now, cancellationToken))
            adjustments.AddRange(Entries(used, wrong, right));
        context.UsageAdjustments.AddRange(adjustments);
        await BudgetAccounts.AdjustAsync(context, adjustments, cancellationToken);
        return adjustments;
    }

    /// <summary>One entry; two when the currency was wrong as well: amounts in different currencies are never added up.</summary>
    private static IEnumerable<UsageAdjustment> Entries(Used used, Rate wrong, Rate right)
    {
        var (billed, due) = (Money.OfDeviceTime(used.DeviceMicroseconds, wrong), Money.OfDeviceTime(used.DeviceMicroseconds, right));
        IEnumerable<Money> amounts = billed.Currency == due.Currency ? [due with { Nano = due.Nano - billed.Nano }] : [billed with { Nano = -billed.Nano }, due];
        return amounts.Where(amount => amount.Nano != 0).Select(amount => new UsageAdjustment
        {
            AtMicroseconds = Math.Max(used.Day * UnixTime.MicrosecondsPerDay, UnixTime.ToMicroseconds(wrong.StartsAt)),
            TaskId = used.TaskId,
            TeamId = used.TeamId,
            KeyId = used.KeyId,
            RateId = right.Id,
            DeviceMicroseconds = used.DeviceMicroseconds,
            AmountNano = amount.Nano,
            Currency = amount.Currency,
            Reason = right.Reason!,
            BookedAt = right.CreatedAt,
            BookedByName = right.CreatedByName,
        });
    }

    private static async Task<IEnumerable<Used>> UsedAsync(PlatformDbContext context, long from, long to, long now, CancellationToken cancellationToken)
    {
        List<Used> parts = [];
        foreach (var span in UsageSpan.Of(from, to, now))
            parts.AddRange(await span.Rows(context)
                .GroupBy(row => new { Day = row.AtMicroseconds / UnixTime.MicrosecondsPerDay, row.TaskId, row.TeamId, row.KeyId })
                .Select(group => new Used(group.Key.Day, group.Key.TaskId, group.Key.TeamId, group.Key.KeyId, group.Sum(row => row.DeviceMicroseconds)))
                .ToListAsync(cancellationToken));
        return parts.GroupBy(used => (used.Day, used.TaskId, used.TeamId, used.KeyId))
            .Select(group => group.First() with { DeviceMicroseconds = group.Sum(used => used.DeviceMicroseconds) });
    }
}

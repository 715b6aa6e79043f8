using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;

namespace Platform.Domain.Usage;

/// <summary>
/// Writes usage. What is written together is one transaction: the records, the roll-ups over them, the busy time of the engine sessions
/// and the accounts of the budgets. So whatever dies, they agree. A record is durable when the call returns: answer the request after it.
/// </summary>
public sealed class UsageLedger(IDbContextFactory<PlatformDbContext> contexts)
{
    // A session was up for at least as long as it was busy: a crash between two of its beats leaves no busy time that nobody was up for.
    private const string AddBusy = """
        UPDATE "EngineSessions" SET "BusyMicroseconds" = "BusyMicroseconds" + @busy,
            "LastSeenAt" = CASE WHEN "LastSeenAt" > "StartedAt" + "BusyMicroseconds" + @busy THEN "LastSeenAt" ELSE "StartedAt" + "BusyMicroseconds" + @busy END
        WHERE "Id" = @session
        """;

    /// <summary>
    /// Prices requests at the rates in force when they ended and records them. A request that is recorded already is left out, so
    /// neither a retry nor a repeated write bills twice.
    /// </summary>
    /// <returns>Each request's cost, in order.</returns>
    public async Task<IReadOnlyList<Money>> BillAsync(IReadOnlyList<UsageDraft> drafts, CancellationToken cancellationToken)
    {
        if (drafts.Count == 0)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);

        // Prices are read in the transaction that writes: a rate that was just set or corrected is never missed.
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        var rates = await RateBook.HistoryAsync(context, cancellationToken);
        List<Money> costs = [.. drafts.Select(draft => Capped(Money.OfDeviceTime(draft.BilledMicroseconds, rates.InForceAt(draft.At)), draft.Charge))];
        await WriteAsync(context, [.. drafts.Zip(costs, (draft, cost) => (draft.Priced(cost), draft.Charge))], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return costs;
    }

    /// <summary>Records what has a price already.</summary>
    /// <returns>How many records are new.</returns>
    public async Task<int> RecordAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return 0;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        var added = await WriteAsync(context, [.. records.Select(record => (record, (BudgetCharge?)null))], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    /// <summary>
    /// A hard budget is never exceeded: a request whose device time turns out dearer than what was reserved for it costs what was
    /// reserved. The rest is nobody's request and therefore part of the idle time that all tasks share.
    /// </summary>
    private static Money Capped(Money cost, BudgetCharge? charge) =>
        charge is not null && charge.Currency == cost.Currency && cost.Nano > charge.BoundNano ? cost with { Nano = charge.BoundNano } : cost;

    private static async Task<int> WriteAsync(PlatformDbContext context, IReadOnlyList<(UsageRecord Record, BudgetCharge? Charge)> entries, CancellationToken cancellationToken)
    {
        var isNew = await UsageInsert.AddAsync(context, [.. entries.Select(entry => entry.Record)], cancellationToken);
        List<(UsageRecord Record, BudgetCharge? Charge)> added = [.. entries.Where((_, index) => isNew[index])];

        // Accounts first: one that is opened now takes up what the roll-ups say, and these records come on top.
        await BudgetAccounts.SettleAsync(context, added, cancellationToken);
        await UsageRollups.AddAsync(context, [.. added.Select(entry => entry.Record)], cancellationToken);
        await LatencyRollups.AddAsync(context, [.. added.Select(entry => entry.Record)], cancellationToken);
        await AddBusyAsync(context, added, cancellationToken);
        return added.Count;
    }

    private static async Task AddBusyAsync(PlatformDbContext context, IReadOnlyList<(UsageRecord Record, BudgetCharge? Charge)> added, CancellationToken cancellationToken)
    {
        await using var statement = SqlStatement.In(context, AddBusy, "@busy", "@session");
        foreach (var session in added.GroupBy(entry => entry.Record.SessionId).Where(group => group.Key is not null))
            await statement.ExecuteAsync(cancellationToken, session.Sum(entry => entry.Record.DeviceMicroseconds), session.Key);
    }
}

using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Usage;

namespace Platform.Domain.Budgets;

/// <summary>Keeps the budgets' accounts in step with the ledger, always inside the transaction that changes the ledger.</summary>
internal static class BudgetAccounts
{
    private const string Spend = """
        UPDATE "BudgetAccounts" SET "SpentNano" = "SpentNano" + @spent, "ReservedNano" = "ReservedNano" - @reserved
        WHERE "BudgetId" = @budget AND "PeriodStart" = @period
        """;

    private const string Use = """
        UPDATE "BudgetLeases" SET "AmountNano" = "AmountNano" - @amount
        WHERE "BudgetId" = @budget AND "PeriodStart" = @period AND "Server" = @server AND "AmountNano" >= @amount
        """;

    public static Task<List<Budget>> ActiveAsync(PlatformDbContext context, CancellationToken cancellationToken) =>
        context.Budgets.AsNoTracking().Where(budget => budget.EndedAt == null).OrderBy(budget => budget.Id).ToListAsync(cancellationToken);

    /// <summary>Books new records on every budget that counts them, and takes the reservations back that were made for them.</summary>
    public static async Task SettleAsync(
        PlatformDbContext context, IReadOnlyList<(UsageRecord Record, BudgetCharge? Charge)> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0 || await ActiveAsync(context, cancellationToken) is not { Count: > 0 } budgets)
            return;
        var bookings = new Dictionary<(Budget Budget, long Period), (long Spent, long Reserved)>();
        foreach (var (record, charge) in entries)
            foreach (var budget in budgets.Where(budget => budget.Counts(record)))
            {
                ReservedPart? part = charge?.Parts.Cast<ReservedPart?>().FirstOrDefault(part => part!.Value.BudgetId == budget.Id);
                if ((part?.PeriodStart ?? budget.PeriodStart(record.At)) is not { } period)
                    continue;
                var (spent, reserved) = bookings.GetValueOrDefault((budget, period));
                bookings[(budget, period)] = (spent + record.CostNano, reserved + (part is null ? 0 : record.CostNano));
            }

        var server = entries.Select(entry => entry.Charge?.Server).FirstOrDefault(name => name is not null);
        foreach (var ((budget, period), (spent, reserved)) in bookings)
            await BookAsync(context, budget, period, spent, reserved, server, cancellationToken);
    }

    /// <summary>A correction of a rate changes what was spent; accounts that are opened later take the adjustments up by themselves.</summary>
    public static async Task AdjustAsync(PlatformDbContext context, IReadOnlyList<UsageAdjustment> adjustments, CancellationToken cancellationToken)
    {
        await using var spend = SqlStatement.In(context, Spend, "@spent", "@reserved", "@budget", "@period");
        var budgets = await ActiveAsync(context, cancellationToken);
        foreach (var entry in adjustments)
            foreach (var budget in budgets.Where(budget => budget.Currency == entry.Currency && budget.Concerns(entry.TaskId, entry.TeamId, entry.KeyId)))
                if (budget.PeriodStart(entry.At) is { } period)
                    await spend.ExecuteAsync(cancellationToken, entry.AmountNano, 0L, budget.Id, period);
    }

    /// <summary>Opens the account of a period with what the ledger says was spent in it; one that is open stays as it is.</summary>
    public static async Task OpenAsync(PlatformDbContext context, Budget budget, long period, CancellationToken cancellationToken)
    {
        var scope = budget.Scope + "Id";
        await using var open = SqlStatement.In(context, $"""
            INSERT INTO "BudgetAccounts" ("BudgetId", "PeriodStart", "SpentNano", "ReservedNano")
            SELECT @budget, @from,
                COALESCE((SELECT SUM("CostNano") FROM "UsageRollups"
                    WHERE "Hours" = {UsageRollup.Day} AND "StartMicroseconds" >= @from AND "StartMicroseconds" < @to AND "{scope}" = @scope AND "Currency" = @currency), 0)
                + COALESCE((SELECT SUM("AmountNano") FROM "UsageAdjustments"
                    WHERE "AtMicroseconds" >= @from AND "AtMicroseconds" < @to AND "{scope}" = @scope AND "Currency" = @currency), 0),
                0
            WHERE true ON CONFLICT DO NOTHING
            """, "@budget", "@from", "@to", "@scope", "@currency");
        await open.ExecuteAsync(cancellationToken, budget.Id, period, budget.PeriodEnd(period), budget.ScopeId, budget.Currency);
    }

    private static async Task BookAsync(
        PlatformDbContext context, Budget budget, long period, long spent, long reserved, string? server, CancellationToken cancellationToken)
    {
        await using var use = SqlStatement.In(context, Use, "@amount", "@budget", "@period", "@server");
        await using var spend = SqlStatement.In(context, Spend, "@spent", "@reserved", "@budget", "@period");

        // A lease that others took back from a process they thought dead is gone; then nothing is reserved any more, but it is spent.
        if (reserved > 0 && await use.ExecuteAsync(cancellationToken, reserved, budget.Id, period, server) == 0)
            reserved = 0;
        if (await spend.ExecuteAsync(cancellationToken, spent, reserved, budget.Id, period) == 1)
            return;
        await OpenAsync(context, budget, period, cancellationToken);
        await spend.ExecuteAsync(cancellationToken, spent, reserved, budget.Id, period);
    }
}

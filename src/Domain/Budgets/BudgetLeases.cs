using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;

namespace Platform.Domain.Budgets;

/// <summary>How an attempt to reserve ended.</summary>
/// <param name="GrantedNano">0 when there was not enough room.</param>
/// <param name="PeriodStart">The period that it was granted in.</param>
/// <param name="ReservedNano">By all processes, for requests on their way.</param>
public sealed record LeaseGrant(long GrantedNano, long PeriodStart, long SpentNano, long ReservedNano, long LimitNano);

/// <summary>
/// Hands parts of hard budgets out to Api processes. A part is taken out of the account by an UPDATE with its condition in the WHERE
/// clause, so any number of processes together never hold and spend more than the limit.
/// </summary>
public sealed class BudgetLeases(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>A process that was not heard of for this long has lost its leases.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(60);

    /// <summary>Of what is left, a process takes at most this part more than it needs: near the limit it takes only what it needs.</summary>
    private const int SurplusPart = 20;

    private const int SurplusRequests = 64;

    /// <param name="needNano">What the request at hand needs; less is of no use.</param>
    /// <returns>Null when the budget was ended.</returns>
    public async Task<LeaseGrant?> ExtendAsync(string server, Guid budgetId, long needNano, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        var budget = await context.Budgets.AsNoTracking().SingleOrDefaultAsync(found => found.Id == budgetId && found.EndedAt == null, cancellationToken);
        var now = clock.GetUtcNow();
        if (budget?.PeriodStart(now) is not { } period)
            return null;

        await BudgetAccounts.OpenAsync(context, budget, period, cancellationToken);
        var account = await AccountAsync(context, budgetId, period, cancellationToken);
        if (Room(budget, account) < needNano && await TakeBackAsync(context, server, budgetId, period, now, cancellationToken))
            account = await AccountAsync(context, budgetId, period, cancellationToken);
        var room = Room(budget, account);
        var granted = room < needNano ? 0 : Math.Max(needNano, Math.Min(room / SurplusPart, SurplusRequests * needNano));
        if (granted > 0 && !await LeaseAsync(context, server, budget, period, granted, now, cancellationToken))
            granted = 0;
        await transaction.CommitAsync(cancellationToken);
        return new LeaseGrant(granted, period, account.SpentNano, account.ReservedNano, budget.LimitNano);
    }

    /// <summary>Gives back what a process does not need.</summary>
    public async Task ReturnAsync(string server, IReadOnlyList<(ReservedPart Part, long Nano)> parts, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        foreach (var (part, nano) in parts)
        {
            var returned = await context.BudgetLeases
                .Where(lease => lease.BudgetId == part.BudgetId && lease.PeriodStart == part.PeriodStart && lease.Server == server && lease.AmountNano >= nano)
                .ExecuteUpdateAsync(set => set.SetProperty(lease => lease.AmountNano, lease => lease.AmountNano - nano), cancellationToken);
            if (returned == 1)
                await FreeAsync(context, part.BudgetId, part.PeriodStart, nano, cancellationToken);
        }

        await context.BudgetLeases.Where(lease => lease.Server == server && lease.AmountNano == 0).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Says that a process lives.</summary>
    /// <returns>The leases that it has; one that is missing was taken back.</returns>
    public async Task<IReadOnlyList<BudgetLease>> RenewAsync(string server, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        var now = clock.GetUtcNow();
        await context.BudgetLeases.Where(lease => lease.Server == server)
            .ExecuteUpdateAsync(set => set.SetProperty(lease => lease.SeenAt, now), cancellationToken);
        var leases = await context.BudgetLeases.AsNoTracking().Where(lease => lease.Server == server).ToListAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return leases;
    }

    private static long Room(Budget budget, BudgetAccount account) => budget.LimitNano - account.SpentNano - account.ReservedNano;

    private static Task<BudgetAccount> AccountAsync(PlatformDbContext context, Guid budgetId, long period, CancellationToken cancellationToken) =>
        context.BudgetAccounts.AsNoTracking().SingleAsync(account => account.BudgetId == budgetId && account.PeriodStart == period, cancellationToken);

    private static async Task<bool> LeaseAsync(
        PlatformDbContext context, string server, Budget budget, long period, long nano, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var reserved = await context.BudgetAccounts
            .Where(account => account.BudgetId == budget.Id && account.PeriodStart == period && account.SpentNano + account.ReservedNano + nano <= budget.LimitNano)
            .ExecuteUpdateAsync(set => set.SetProperty(account => account.ReservedNano, account => account.ReservedNano + nano), cancellationToken);
        if (reserved == 0)
            return false;
        await using var lease = SqlStatement.In(context, """
            INSERT INTO "BudgetLeases" ("BudgetId", "PeriodStart", "Server", "AmountNano", "SeenAt") VALUES (@budget, @period, @server, @amount, @now)
            ON CONFLICT ("BudgetId", "PeriodStart", "Server") DO UPDATE SET "AmountNano" = "BudgetLeases"."AmountNano" + excluded."AmountNano", "SeenAt" = excluded."SeenAt"
            """, "@budget", "@period", "@server", "@amount", "@now");
        await lease.ExecuteAsync(cancellationToken, budget.Id, period, server, nano, UnixTime.ToMicroseconds(now));
        return true;
    }

    /// <summary>From processes that died or were not heard of.</summary>
    private static async Task<bool> TakeBackAsync(
        PlatformDbContext context, string server, Guid budgetId, long period, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var leases = await context.BudgetLeases.AsNoTracking()
            .Where(lease => lease.BudgetId == budgetId && lease.PeriodStart == period && lease.Server != server).ToListAsync(cancellationToken);
        var dead = leases.Where(lease => now - lease.SeenAt > StaleAfter || ClaimOwner.Parse(lease.Server)?.IsDead(lease.SeenAt) == true).ToList();
        foreach (var lease in dead)
        {
            var taken = await context.BudgetLeases
                .Where(found => found.BudgetId == budgetId && found.PeriodStart == period && found.Server == lease.Server && found.AmountNano == lease.AmountNano)
                .ExecuteDeleteAsync(cancellationToken);
            if (taken == 1)
                await FreeAsync(context, budgetId, period, lease.AmountNano, cancellationToken);
        }

        return dead.Count > 0;
    }

    private static Task<int> FreeAsync(PlatformDbContext context, Guid budgetId, long period, long nano, CancellationToken cancellationToken) =>
        context.BudgetAccounts.Where(account => account.BudgetId == budgetId && account.PeriodStart == period)
            .ExecuteUpdateAsync(set => set.SetProperty(account => account.ReservedNano, account => account.ReservedNano - nano), cancellationToken);
}

using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Claims;

/// <summary>
/// Hands out the right to work on a row. Each method is one UPDATE with its condition in the WHERE clause, so of any number of
/// processes exactly one wins, on every provider. A holder whose heartbeat is older than <see cref="StaleAfter"/> is taken for dead.
/// </summary>
public sealed class WorkClaims(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Heartbeats come at least every quarter of this.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(2);

    /// <summary>A name for this process that no other process has.</summary>
    public static string NewOwner(string host) => ClaimOwner.New(host).ToString();

    /// <summary>Rows with work left that nobody alive works on, oldest first.</summary>
    public async Task<IReadOnlyList<Guid>> FindUnclaimedAsync<T>(Expression<Func<T, bool>>? filter, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = Unclaimed<T>(context);
        if (filter is not null)
            rows = rows.Where(filter);
        return await rows.OrderBy(row => row.Id).Select(row => row.Id).ToListAsync(cancellationToken);
    }

    /// <returns>The claim, or null when there is no work left in the row or somebody alive holds it.</returns>
    public async Task<Claim?> TryClaimAsync<T>(Guid id, string owner, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var taken = await Unclaimed<T>(context).Where(row => row.Id == id).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.ClaimOwner, owner)
                .SetProperty(row => row.ClaimFence, row => row.ClaimFence + 1)
                .SetProperty(row => row.HeartbeatAt, now),
            cancellationToken);
        if (taken == 0)
            return null;

        var fence = await context.Set<T>().Where(row => row.Id == id).Select(row => row.ClaimFence).SingleAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Claim(id, owner, fence);
    }

    /// <returns>False when the claim was lost: stop the work.</returns>
    public async Task<bool> HeartbeatAsync<T>(Claim claim, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await HoldAsync<T>(context, claim, clock, cancellationToken);
    }

    /// <summary>Lets go at once, so that nobody has to wait for the claim to go stale. Harmless when the claim was lost.</summary>
    public async Task ReleaseAsync<T>(Claim claim, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await Held<T>(context, claim).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.ClaimOwner, (string?)null).SetProperty(row => row.HeartbeatAt, (DateTimeOffset?)null),
            cancellationToken);
    }

    /// <summary>Lets go of what processes of this machine held that are known to be dead, instead of waiting until it is stale.</summary>
    /// <returns>The rows that are free now.</returns>
    public async Task<IReadOnlyList<Guid>> ReleaseDeadAsync<T>(CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var held = await context.Set<T>().AsNoTracking().Where(T.HasWork).Where(row => row.ClaimOwner != null)
            .Select(row => new { row.Id, row.ClaimOwner, row.ClaimFence, row.HeartbeatAt }).ToListAsync(cancellationToken);
        List<Guid> released = [];
        foreach (var row in held.Where(row => ClaimOwner.Parse(row.ClaimOwner!)?.IsDead(row.HeartbeatAt) == true))
        {
            await ReleaseAsync<T>(new Claim(row.Id, row.ClaimOwner!, row.ClaimFence), cancellationToken);
            released.Add(row.Id);
        }

        return released;
    }

    /// <summary>
    /// Inside a transaction: renews the heartbeat and locks the row, or returns false when the fence is stale. What the transaction
    /// writes after this can therefore never be the work of a process that was taken for dead.
    /// </summary>
    internal static async Task<bool> HoldAsync<T>(PlatformDbContext context, Claim claim, TimeProvider clock, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        var now = clock.GetUtcNow();
        return await Held<T>(context, claim).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.HeartbeatAt, now), cancellationToken) == 1;
    }

    private static IQueryable<T> Held<T>(PlatformDbContext context, Claim claim)
        where T : class, IClaimable<T> =>
        context.Set<T>().Where(row => row.Id == claim.EntityId && row.ClaimOwner == claim.Owner && row.ClaimFence == claim.Fence);

    private IQueryable<T> Unclaimed<T>(PlatformDbContext context)
        where T : class, IClaimable<T>
    {
        var stale = clock.GetUtcNow() - StaleAfter;
        return context.Set<T>().Where(T.HasWork).Where(row => row.ClaimOwner == null || row.HeartbeatAt == null || row.HeartbeatAt < stale);
    }
}

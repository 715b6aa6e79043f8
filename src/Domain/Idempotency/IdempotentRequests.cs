using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Idempotency;

/// <summary>What is known about a named request.</summary>
public enum IdempotencyState
{
    /// <summary>The caller of this computes it now.</summary>
    Mine,

    /// <summary>Somebody computes it.</summary>
    Running,

    /// <summary>Its answer is there.</summary>
    Answered,

    /// <summary>The name stands for another request.</summary>
    Different,
}

public sealed record IdempotencyLookup(IdempotencyState State, IdempotentRequest Request);

/// <summary>Remembers named requests and their answers for a day.</summary>
public sealed class IdempotentRequests(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>After a crash a retry waits this long at most; the owner renews it while it computes.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>Begins a request, or finds it. What a dead process left behind is taken over with its request id, so it is billed once.</summary>
    /// <param name="request">As it would be begun.</param>
    /// <param name="cancellationToken">Stops the look-up.</param>
    public async Task<IdempotencyLookup> BeginAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var known = await context.IdempotentRequests.SingleOrDefaultAsync(found => found.KeyId == request.KeyId && found.Name == request.Name, cancellationToken);
            if (known is not null && known.StartedAt + Retention <= clock.GetUtcNow())
            {
                await context.IdempotentRequests.Where(found => found.Id == known.Id).ExecuteDeleteAsync(cancellationToken);
                continue;
            }

            if (known is not null)
                return await LookAsync(context, known, request, cancellationToken);
            context.IdempotentRequests.Add(request);
            if (await context.TrySaveAsync(cancellationToken))
                return new IdempotencyLookup(IdempotencyState.Mine, request);
        }
    }

    private async Task<IdempotencyLookup> LookAsync(PlatformDbContext context, IdempotentRequest known, IdempotentRequest request, CancellationToken cancellationToken)
    {
        if (!known.ContentHash.AsSpan().SequenceEqual(request.ContentHash))
            return new IdempotencyLookup(IdempotencyState.Different, known);
        if (known.Status is not null)
            return new IdempotencyLookup(IdempotencyState.Answered, known);
        var now = clock.GetUtcNow();
        // A lease that ends later than any could is of a clock that was set back since.
        if (known.LeasedUntil > now && known.LeasedUntil <= now + 2 * Lease)
            return new IdempotencyLookup(IdempotencyState.Running, known);

        // Of several that wait for a dead process's request, one takes it over.
        var taken = await context.IdempotentRequests.Where(found => found.Id == known.Id && found.Status == null && found.LeasedUntil == known.LeasedUntil)
            .ExecuteUpdateAsync(set => set.SetProperty(found => found.LeasedUntil, now + Lease).SetProperty(found => found.Owner, request.Owner), cancellationToken);
        return new IdempotencyLookup(taken == 1 ? IdempotencyState.Mine : IdempotencyState.Running, known);
    }

    public async Task RenewAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var until = clock.GetUtcNow() + Lease;
        await context.IdempotentRequests.Where(found => ids.Contains(found.Id) && found.Status == null)
            .ExecuteUpdateAsync(set => set.SetProperty(found => found.LeasedUntil, until), cancellationToken);
    }

    /// <summary>The answer is durable when the call returns.</summary>
    public async Task CompleteAsync(Guid id, int status, string? contentType, byte[]? body, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.IdempotentRequests.Where(found => found.Id == id).ExecuteUpdateAsync(
            set => set.SetProperty(found => found.Status, status).SetProperty(found => found.ContentType, contentType).SetProperty(found => found.Body, body), cancellationToken);
    }

    /// <summary>It was refused or failed: sent again, it is a new request.</summary>
    public async Task ForgetAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.IdempotentRequests.Where(found => found.Id == id).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Deletes what is older than <see cref="Retention"/>.</summary>
    public async Task<int> PurgeAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var before = clock.GetUtcNow() - Retention;
        return await context.IdempotentRequests.Where(found => found.StartedAt <= before).ExecuteDeleteAsync(cancellationToken);
    }
}

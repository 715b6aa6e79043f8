using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Keys;

/// <summary>Gives keys new secrets: name, scope, limits, budget and usage stay, and applications have time to change over.</summary>
public sealed class KeyRotation(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromHours(24);
    public static readonly TimeSpan LongestGrace = TimeSpan.FromDays(7);

    /// <summary>The secret before the one that is replaced, where there still is one, stops at once: a key has two secrets at most.</summary>
    /// <param name="actor">A member of the key's team who may see every task of the key, or an admin: whoever gets the secret can call them.</param>
    /// <param name="keyId">Neither revoked nor expired.</param>
    /// <param name="grace">How long the old secret goes on working; zero when it leaked.</param>
    /// <param name="reason">For the audit log, where there is one.</param>
    /// <param name="cancellationToken">Nothing is changed when it comes in time.</param>
    public async Task<Result<IssuedKey>> RotateAsync(Actor actor, Guid keyId, TimeSpan grace, string? reason, CancellationToken cancellationToken)
    {
        if (grace < TimeSpan.Zero || grace > LongestGrace)
            return KeyErrors.GraceInvalid(grace);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var key = await context.ApiKeys.Include(found => found.Tasks).ThenInclude(task => task.Task).SingleOrDefaultAsync(found => found.Id == keyId, cancellationToken);
        if (key is null || !actor.MayActFor(key.TeamId))
            return KeyErrors.Unknown(keyId);
        var now = clock.GetUtcNow();
        if (Refusal(actor, key, now) is { } refusal)
            return refusal;

        var secret = KeySecret.Generate();
        var before = new { key.Prefix, key.OldPrefix, key.OldSecretUntil };
        (key.OldPrefix, key.OldSecretHash, key.OldSecretUntil, key.OldSecretUsedAt) = (key.Prefix, key.SecretHash, now + grace, null);
        (key.Prefix, key.SecretHash, key.RotatedAt) = (KeySecret.ShownPart(secret), KeySecret.HashOf(secret), now);
        AuditTrail.Add(context, now, actor, "key.rotated", nameof(ApiKey), key.Id, before, new { key.Name, key.Prefix, key.OldPrefix, key.OldSecretUntil }, reason);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new IssuedKey(key, secret);
    }

    private static Error? Refusal(Actor actor, ApiKey key, DateTimeOffset now)
    {
        if (key.RevokedAt is not null)
            return KeyErrors.NotRotatable(key, "revoked");
        if (key.ExpiresAt <= now)
            return KeyErrors.NotRotatable(key, "expired");
        if (key.AllTasks && !actor.IsAdmin)
            return KeyErrors.AllTasksAdminOnly();
        return key.Tasks.TrueForAll(task => actor.MaySee(task.Task!)) ? null : KeyErrors.ReachesFurther(key);
    }
}

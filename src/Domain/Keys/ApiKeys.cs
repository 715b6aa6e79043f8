using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Domain.Keys;

/// <param name="TaskIds">The tasks that the key may call; null means all.</param>
public sealed record KeyRequest(string Name, Guid TeamId, IReadOnlyList<Guid>? TaskIds, DateTimeOffset? ExpiresAt)
{
    /// <summary>Null for no limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Of prompts and answers; null for no limit.</summary>
    public int? TokensPerMinute { get; init; }
}

/// <param name="Secret">Only here: nothing can show it again.</param>
public sealed record IssuedKey(ApiKey Key, string Secret);

/// <summary>Who calls the API, and what they may call.</summary>
public sealed record VerifiedKey(Guid KeyId, string Name, Guid TeamId, bool AllTasks, IReadOnlySet<Guid> TaskIds)
{
    /// <summary>Null for no limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Null for no limit.</summary>
    public int? TokensPerMinute { get; init; }

    /// <summary>The caller used the secret that was replaced and is in its last hours.</summary>
    public bool ByOldSecret { get; init; }

    public bool MayCall(Guid taskId) => AllTasks || TaskIds.Contains(taskId);
}

/// <summary>Issues, verifies and revokes keys.</summary>
public sealed class ApiKeys(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private const int MostPerMinute = 1_000_000_000;

    private static readonly TimeSpan LastUsedPrecision = TimeSpan.FromMinutes(1);

    /// <summary>Newest first: a member's teams' keys, for an admin all.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var mine = actor.TeamIds.ToList();
        return await context.ApiKeys.AsNoTracking().Include(key => key.Team).Include(key => key.Tasks).ThenInclude(task => task.Task)
            .Where(key => actor.IsAdmin || mine.Contains(key.TeamId))
            .OrderByDescending(key => key.CreatedAt).ToListAsync(cancellationToken);
    }

    public async Task<Result<IssuedKey>> IssueAsync(Actor actor, KeyRequest request, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var errors = await ProblemsAsync(context, actor, request, now, cancellationToken);
        if (errors.Count > 0)
            return Result.Failure<IssuedKey>(errors);

        var secret = KeySecret.Generate();
        var key = new ApiKey
        {
            Name = request.Name.Trim(),
            TeamId = request.TeamId,
            Prefix = KeySecret.ShownPart(secret),
            SecretHash = KeySecret.HashOf(secret),
            AllTasks = request.TaskIds is null,
            ExpiresAt = request.ExpiresAt,
            RequestsPerMinute = request.RequestsPerMinute,
            TokensPerMinute = request.TokensPerMinute,
            CreatedById = actor.UserId,
            CreatedAt = now,
        };
        key.Tasks.AddRange((request.TaskIds ?? []).Distinct().Select(taskId => new ApiKeyTask { KeyId = key.Id, TaskId = taskId }));
        context.ApiKeys.Add(key);
        AuditTrail.Add(context, now, actor, "key.issued", nameof(ApiKey), key.Id,
            after: new { key.Name, key.Prefix, key.TeamId, key.AllTasks, request.TaskIds, key.ExpiresAt, key.RequestsPerMinute, key.TokensPerMinute });
        await context.SaveChangesAsync(cancellationToken);
        return new IssuedKey(key, secret);
    }

    /// <summary>Takes effect with the next request. Revoking twice changes nothing.</summary>
    public async Task<Result> RevokeAsync(Actor actor, Guid keyId, string reason, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var key = await context.ApiKeys.SingleOrDefaultAsync(found => found.Id == keyId, cancellationToken);
        if (key is null || !actor.MayActFor(key.TeamId))
            return KeyErrors.Unknown(keyId);
        if (key.RevokedAt is not null)
            return Result.Success();

        key.RevokedAt = clock.GetUtcNow();
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "key.revoked", nameof(ApiKey), key.Id, after: new { key.Name, key.Prefix, key.RevokedAt }, reason: reason);
        await context.SaveChangesAsync(cancellationToken);
        return Result.Success();
    }

    /// <summary>From the value of an Authorization header.</summary>
    public async Task<Result<VerifiedKey>> VerifyHeaderAsync(string? authorization, CancellationToken cancellationToken)
    {
        const string scheme = "Bearer ";
        if (string.IsNullOrWhiteSpace(authorization))
            return KeyErrors.Missing();
        return authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? await VerifyAsync(authorization[scheme.Length..].Trim(), cancellationToken)
            : KeyErrors.Malformed();
    }

    public async Task<Result<VerifiedKey>> VerifyAsync(string? secret, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(secret))
            return KeyErrors.Missing();
        if (!KeySecret.IsWellFormed(secret))
            return KeyErrors.Malformed();

        // The look-up sees only the hash: its timing says nothing about the secret. The comparison itself takes constant time.
        var hash = KeySecret.HashOf(secret);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var key = await context.ApiKeys.AsNoTracking().Include(found => found.Tasks)
            .SingleOrDefaultAsync(found => found.SecretHash == hash || found.OldSecretHash == hash, cancellationToken);
        if (key is null)
            return KeyErrors.UnknownSecret();
        if (CryptographicOperations.FixedTimeEquals(key.SecretHash, hash))
            return Verified(key, clock.GetUtcNow(), byOldSecret: false);
        return CryptographicOperations.FixedTimeEquals(key.OldSecretHash, hash) ? Verified(key, clock.GetUtcNow(), byOldSecret: true) : KeyErrors.UnknownSecret();
    }

    /// <summary>Writes down when a key was used, at most once a minute. Apart from verifying it: that only reads, and so works while the database is locked.</summary>
    public async Task NoteUseAsync(Guid keyId, DateTimeOffset at, bool byOldSecret, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var before = at - LastUsedPrecision;
        if (await context.ApiKeys.AnyAsync(key => key.Id == keyId && (key.LastUsedAt == null || key.LastUsedAt <= before), cancellationToken))
            await context.ApiKeys.Where(key => key.Id == keyId).ExecuteUpdateAsync(set => set.SetProperty(key => key.LastUsedAt, at), cancellationToken);
        if (byOldSecret)
            await context.ApiKeys.Where(key => key.Id == keyId && (key.OldSecretUsedAt == null || key.OldSecretUsedAt <= before))
                .ExecuteUpdateAsync(set => set.SetProperty(key => key.OldSecretUsedAt, at), cancellationToken);
    }

    /// <summary>For work that a key ordered and that goes on without it: what it may call now, if it still may anything.</summary>
    public async Task<Result<VerifiedKey>> VerifyByIdAsync(Guid keyId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var key = await context.ApiKeys.AsNoTracking().Include(found => found.Tasks).SingleOrDefaultAsync(found => found.Id == keyId, cancellationToken);
        return key is null ? KeyErrors.Unknown(keyId) : Verified(key, clock.GetUtcNow(), byOldSecret: false);
    }

    private static Result<VerifiedKey> Verified(ApiKey key, DateTimeOffset now, bool byOldSecret)
    {
        if (key.RevokedAt is not null)
            return KeyErrors.Revoked(key);
        if (byOldSecret && !(now < key.OldSecretUntil))
            return KeyErrors.Replaced(key);
        return key.ExpiresAt <= now
            ? KeyErrors.Expired(key)
            : new VerifiedKey(key.Id, key.Name, key.TeamId, key.AllTasks, key.Tasks.Select(task => task.TaskId).ToHashSet())
            {
                RequestsPerMinute = key.RequestsPerMinute,
                TokensPerMinute = key.TokensPerMinute,
                ByOldSecret = byOldSecret,
            };
    }

    private static async Task<List<Error>> ProblemsAsync(PlatformDbContext context, Actor actor, KeyRequest request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<Error> errors = [];
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > 128)
            errors.Add(Error.Invalid("key_name_invalid", "The key's name must have 1 to 128 characters; say which application uses it.", "name"));
        if (!await context.Teams.AnyAsync(team => team.Id == request.TeamId, cancellationToken))
            errors.Add(TeamErrors.Unknown(request.TeamId.ToString()));
        else if (!actor.MayActFor(request.TeamId))
            errors.Add(TeamErrors.NotYours());
        if (request.TaskIds is null && !actor.IsAdmin)
            errors.Add(KeyErrors.AllTasksAdminOnly());
        if (request.TaskIds is { Count: 0 })
            errors.Add(Error.Invalid("key_without_tasks", "The key has no task; choose at least one.", "tasks"));
        if (request.ExpiresAt <= now)
            errors.Add(Error.Invalid("key_expiry_past", $"The key would have expired at {request.ExpiresAt:u}; choose a time in the future, or none.", "expires_at"));
        if (request.RequestsPerMinute is < 1 or > MostPerMinute)
            errors.Add(Error.Invalid("key_limit_invalid", $"The key would be limited to {request.RequestsPerMinute} requests a minute; choose 1 to {MostPerMinute}, or none.", "requests_per_minute"));
        if (request.TokensPerMinute is < 1 or > MostPerMinute)
            errors.Add(Error.Invalid("key_limit_invalid", $"The key would be limited to {request.TokensPerMinute} tokens a minute; choose 1 to {MostPerMinute}, or none.", "tokens_per_minute"));
        foreach (var taskId in (request.TaskIds ?? []).Distinct())
        {
            var task = await context.Tasks.AsNoTracking().SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
            if (task is null || !actor.MaySee(task))
                errors.Add(TaskErrors.Unknown(taskId.ToString()));
        }

        return errors;
    }
}

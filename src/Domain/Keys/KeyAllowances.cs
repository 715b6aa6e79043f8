using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Keys;

/// <param name="IsTaken">False when there was not enough.</param>
/// <param name="LeftNanoseconds">Of a minute; see <see cref="KeyAllowance"/>.</param>
public sealed record AllowanceTake(bool IsTaken, long LeftNanoseconds);

/// <summary>
/// Limits a minute that all replicas of the Api share, on PostgreSQL. Every take is one statement with its condition in it, so replicas
/// never let through more than the limit together. The table is not logged: a crash of the database forgets a minute's count, and no
/// commit waits for the disk.
/// </summary>
public sealed class KeyAllowances(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private const string Left = """LEAST(@full, a."LeftNanoseconds" + GREATEST(0, @now - a."UpdatedAt") * 1000)""";

    private const string Change = $"""
        INSERT INTO "KeyAllowances" AS a ("KeyId", "Unit", "LeftNanoseconds", "UpdatedAt") VALUES (@key, @unit, LEAST(@full, @full - @price), @now)
        ON CONFLICT ("KeyId", "Unit") DO UPDATE SET "LeftNanoseconds" = LEAST(@full, {Left} - @price), "UpdatedAt" = GREATEST(a."UpdatedAt", @now)
        WHERE {Left} >= @need RETURNING "LeftNanoseconds"
        """;

    /// <summary>Takes a price, all or nothing; one above a whole minute, when all of the minute is there.</summary>
    /// <param name="keyId">The key's.</param>
    /// <param name="unit">What is counted.</param>
    /// <param name="price">Nanoseconds of the minute.</param>
    /// <param name="leave">Nanoseconds that have to be left for others.</param>
    /// <param name="cancellationToken">Ends the wait for the database.</param>
    public Task<AllowanceTake> TakeAsync(Guid keyId, KeyUnit unit, long price, long leave, CancellationToken cancellationToken) =>
        ChangeAsync(keyId, unit, price, Math.Min(price + leave, KeyAllowance.FullNanoseconds), cancellationToken);

    /// <summary>Takes what was used already, or gives back when negative.</summary>
    public Task<AllowanceTake> SpendAsync(Guid keyId, KeyUnit unit, long price, CancellationToken cancellationToken) =>
        ChangeAsync(keyId, unit, price, long.MinValue, cancellationToken);

    private async Task<AllowanceTake> ChangeAsync(Guid keyId, KeyUnit unit, long price, long need, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Database.OpenConnectionAsync(cancellationToken);
        var now = UnixTime.ToMicroseconds(clock.GetUtcNow());
        await using var statement = SqlStatement.In(context, Change, "@key", "@unit", "@full", "@price", "@now", "@need");
        if (await statement.ScalarAsync(cancellationToken, keyId, unit.ToString(), KeyAllowance.FullNanoseconds, price, now, need) is long left)
            return new AllowanceTake(true, left);
        var row = await context.KeyAllowances.AsNoTracking().SingleAsync(found => found.KeyId == keyId && found.Unit == unit, cancellationToken);
        var refilled = row.LeftNanoseconds + (Math.Max(0, now - UnixTime.ToMicroseconds(row.UpdatedAt)) * 1000);
        return new AllowanceTake(false, Math.Min(KeyAllowance.FullNanoseconds, refilled));
    }
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Audit;

/// <summary>Writes entries into the caller's context, so that they commit together with the change, and reads them.</summary>
public sealed class AuditTrail(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private const int ExportPage = 1000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
    };

    internal static void Add(
        PlatformDbContext context, DateTimeOffset at, Actor actor, string action, string entityType, object entityId,
        object? before = null, object? after = null, string? reason = null) =>
        context.AuditEntries.Add(new AuditEntry
        {
            At = at,
            ActorId = actor.UserId,
            ActorName = actor.Name,
            Action = action,
            EntityType = entityType,
            EntityId = entityId.ToString()!,
            BeforeJson = before is null ? null : JsonSerializer.Serialize(before, Json),
            AfterJson = after is null ? null : JsonSerializer.Serialize(after, Json),
            Reason = reason,
        });

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<AuditEntry>> ReadAsync(AuditFilter filter, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Matching(context, filter).OrderByDescending(entry => entry.Id).Skip(filter.Skip).Take(filter.Take).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// All entries that match, newest first, read in pages as they are asked for. That somebody took a copy is an entry itself, written
    /// before the first row leaves; the copy ends where it stands.
    /// </summary>
    public async Task<Result<IAsyncEnumerable<AuditEntry>>> ExportAsync(Actor actor, AuditFilter filter, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("export the audit log") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var id = Guid.CreateVersion7();
        Add(context, clock.GetUtcNow(), actor, "audit.exported", nameof(AuditEntry), id, after: new { filter.From, filter.To, filter.EntityType, filter.EntityId, filter.ActorName });
        await context.SaveChangesAsync(cancellationToken);
        var own = context.ChangeTracker.Entries<AuditEntry>().Single().Entity.Id;
        return Result.Success(PagesAsync(filter, own, cancellationToken));
    }

    private async IAsyncEnumerable<AuditEntry> PagesAsync(AuditFilter filter, long before, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var page = await Matching(context, filter).Where(entry => entry.Id < before).OrderByDescending(entry => entry.Id).Take(ExportPage).ToListAsync(cancellationToken);
            foreach (var entry in page)
                yield return entry;
            if (page.Count < ExportPage)
                yield break;
            before = page[^1].Id;
        }
    }

    private static IQueryable<AuditEntry> Matching(PlatformDbContext context, AuditFilter filter)
    {
        var entries = context.AuditEntries.AsNoTracking();
        if (filter.From is { } from)
            entries = entries.Where(entry => entry.At >= from);
        if (filter.To is { } to)
            entries = entries.Where(entry => entry.At < to);
        if (filter.EntityType is { } type)
            entries = entries.Where(entry => entry.EntityType == type);
        if (filter.EntityId is { } id)
            entries = entries.Where(entry => entry.EntityId == id);
        if (filter.ActorName is { } actor)
            entries = entries.Where(entry => entry.ActorName == actor);
        return entries;
    }
}

/// <param name="To">Exclusive.</param>
public sealed record AuditFilter(
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? EntityType = null,
    string? EntityId = null,
    string? ActorName = null,
    int Skip = 0,
    int Take = 200);

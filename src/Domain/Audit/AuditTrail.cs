using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Users;

namespace Platform.Domain.Audit;

/// <summary>Writes entries into the caller's context, so that they commit together with the change, and reads them.</summary>
public sealed class AuditTrail(IDbContextFactory<PlatformDbContext> contexts)
{
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
        return await entries.OrderByDescending(entry => entry.Id).Skip(filter.Skip).Take(filter.Take).ToListAsync(cancellationToken);
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

using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Runs;

/// <summary>What was handed to a trainer outside.</summary>
/// <param name="ManifestSha256">Of manifest.json, which names all other files by their hashes.</param>
/// <param name="Run">The exported run; null when it was a recipe.</param>
public sealed record RunExportRecord(string ManifestSha256, int? Run, IReadOnlyList<int> Stages);

/// <param name="Record">What the export wrote down then.</param>
public sealed record KnownRunExport(RunExportRecord Record, string ExportedByName, DateTimeOffset ExportedAt);

/// <summary>Which exports this platform has made, by the audit log: whoever brings a result back shows the manifest of one of them.</summary>
public sealed class RunExports(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private const string Action = "run.exported";
    private const string EntityType = "RunExport";

    public async Task<Result> RecordAsync(Actor actor, RunExportRecord export, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("export a run") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, Action, EntityType, export.ManifestSha256, after: export);
        await context.SaveChangesAsync(cancellationToken);
        return Result.Success();
    }

    public async Task<Result<KnownRunExport>> FindAsync(string manifestSha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var entry = await context.AuditEntries.AsNoTracking()
            .Where(found => found.EntityType == EntityType && found.EntityId == manifestSha256 && found.Action == Action).OrderBy(found => found.Id).FirstOrDefaultAsync(cancellationToken);
        return entry is null
            ? RunErrors.UnknownExport(manifestSha256)
            : new KnownRunExport(JsonSerializer.Deserialize<RunExportRecord>(entry.AfterJson!, JsonSerializerOptions.Web)!, entry.ActorName, entry.At);
    }
}

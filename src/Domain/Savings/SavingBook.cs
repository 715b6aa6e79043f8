using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Users;

namespace Platform.Domain.Savings;

/// <summary>Keeps what was measured about a version's saving.</summary>
public sealed class SavingBook(IDbContextFactory<PlatformDbContext> contexts)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task AddAsync(Actor actor, Guid modelVersionId, SavingReport report, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.SavingMeasurements.Add(new SavingMeasurement
        {
            ModelVersionId = modelVersionId,
            MeasuredAt = report.MeasuredAt,
            MeasuredByName = actor.Name,
            ReportJson = JsonSerializer.Serialize(report, Json),
        });
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>The newest one of a version; null when nobody measured it.</summary>
    public async Task<SavingReport?> FindNewestAsync(Guid modelVersionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var json = await context.SavingMeasurements.AsNoTracking()
            .Where(one => one.ModelVersionId == modelVersionId).OrderByDescending(one => one.MeasuredAt).Select(one => one.ReportJson).FirstOrDefaultAsync(cancellationToken);
        return json is null ? null : JsonSerializer.Deserialize<SavingReport>(json, Json);
    }
}

using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;

namespace Platform.Domain.Usage;

/// <summary>
/// The shared server against one dedicated server per task. All servers are up for the same time and cost the same per hour, so
/// the costs compare as one server against as many as there are tasks; memory compares by what was measured.
/// </summary>
/// <param name="Tasks">Tasks that the deployment serves.</param>
/// <param name="Overhead">1 - shared / sum of dedicated; null without serving time.</param>
/// <param name="SharedResidentBytes">Largest resident memory of a serving process.</param>
/// <param name="DedicatedResidentBytes">Measured memory of one single-task server times the tasks; null when it was not measured.</param>
public sealed record OverheadReport(
    Guid DeploymentId,
    int Tasks,
    long WallMicroseconds,
    long BusyMicroseconds,
    long IdleMicroseconds,
    Money SharedCost,
    Money DedicatedCost,
    double? Overhead,
    long SharedResidentBytes,
    long? DedicatedResidentBytes,
    double? MemoryOverhead);

/// <summary>Computes the saving from what was measured while serving.</summary>
public sealed class OverheadQuery(IDbContextFactory<PlatformDbContext> contexts, RateBook rates, TimeProvider clock)
{
    /// <param name="dedicatedServerBytes">Measured resident memory of a server with one task's model; null when nobody measured it.</param>
    public async Task<OverheadReport?> ReportAsync(Guid deploymentId, long? dedicatedServerBytes, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var tasks = await context.Deployments.Where(deployment => deployment.Id == deploymentId)
            .Select(deployment => (int?)deployment.ModelVersion!.Evaluations.Count).SingleOrDefaultAsync(cancellationToken);
        if (tasks is not { } count)
            return null;

        var sessions = await context.EngineSessions.AsNoTracking().Where(session => session.DeploymentId == deploymentId).ToListAsync(cancellationToken);
        var wall = sessions.Sum(session => (session.LastSeenAt - session.StartedAt).Ticks / TimeSpan.TicksPerMicrosecond);
        var busy = sessions.Sum(session => session.BusyMicroseconds);
        var rate = await rates.InForceAsync(clock.GetUtcNow(), cancellationToken);
        var shared = Money.OfDeviceTime(wall, rate);
        var dedicated = Money.OfDeviceTime(wall * count, rate);
        var sharedBytes = sessions.Count == 0 ? 0 : sessions.Max(session => session.ResidentBytes);
        var dedicatedBytes = dedicatedServerBytes * count;
        return new OverheadReport(
            deploymentId, count, wall, busy, Math.Max(0, wall - busy), shared, dedicated,
            wall > 0 && count > 0 ? 1 - (double)wall / ((double)wall * count) : null,
            sharedBytes, dedicatedBytes, dedicatedBytes > 0 ? 1 - (double)sharedBytes / dedicatedBytes : null);
    }
}

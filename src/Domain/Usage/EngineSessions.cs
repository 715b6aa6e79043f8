using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>Each Api process writes down how long it served a deployment and how busy it was.</summary>
public sealed class EngineSessions(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <param name="server">The process, by a name that no other process has.</param>
    public async Task<EngineSession> OpenAsync(Guid deploymentId, string host, string server, long residentBytes, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var session = new EngineSession { DeploymentId = deploymentId, Host = host, Server = server, StartedAt = now, LastSeenAt = now, ResidentBytes = residentBytes };
        context.EngineSessions.Add(session);
        await context.SaveChangesAsync(cancellationToken);
        return session;
    }

    /// <param name="seenAt">The session's start and the time since, as it was measured: not what a clock says that may have been set meanwhile.</param>
    /// <param name="measuredMicroseconds">The engine's time in steps since the session was opened.</param>
    public async Task BeatAsync(Guid sessionId, DateTimeOffset seenAt, long measuredMicroseconds, long residentBytes, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.EngineSessions.Where(session => session.Id == sessionId).ExecuteUpdateAsync(
            set => set
                .SetProperty(session => session.LastSeenAt, session => session.LastSeenAt > seenAt ? session.LastSeenAt : seenAt)
                .SetProperty(session => session.MeasuredMicroseconds, measuredMicroseconds)
                .SetProperty(session => session.ResidentBytes, residentBytes),
            cancellationToken);
    }
}

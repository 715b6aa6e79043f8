using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Api.Budgets;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Domain.Usage;

namespace Platform.Api.Deployments;

/// <summary>
/// Writes down how long this process served each deployment, how busy it was and how much memory it held. Stops after the engine,
/// so that its last word is the final one.
/// </summary>
internal sealed partial class SessionLog(
    EngineSessions sessions, ServerName server, IOptions<ApiOptions> options, TimeProvider clock, ILogger<SessionLog> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<Guid, OpenSession> open = [];

    // One writer at a time: a beat that was slow must not overwrite a later, larger total. (Never disposed: it has no
    // wait handle, and a host that is torn down early may stop after it was disposed.)
    private readonly SemaphoreSlim turn = new(1);

    public async Task OpenAsync(ServedDeployment deployment, CancellationToken cancellationToken)
    {
        var session = await sessions.OpenAsync(deployment.Id, Environment.MachineName, server.Value, Environment.WorkingSet, cancellationToken);
        deployment.SessionId = session.Id;
        open[session.Id] = new OpenSession(deployment, session.StartedAt, clock.GetTimestamp());
    }

    /// <summary>Call it when the deployment will not take another step.</summary>
    public async Task CloseAsync(ServedDeployment deployment, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            foreach (var (id, session) in open.Where(session => session.Value.Deployment == deployment))
            {
                await BeatAsync(id, session, cancellationToken);
                open.TryRemove(id, out _);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await BeatAllAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DeploymentPoll, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await BeatAllAsync(stoppingToken);
    }

    private async Task BeatAllAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            foreach (var (id, session) in open)
                await BeatAsync(id, session, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The total is written again with the next beat; nothing is lost by missing one.
            LogBeatFailed(exception);
        }
        finally
        {
            turn.Release();
        }
    }

    private Task BeatAsync(Guid id, OpenSession session, CancellationToken cancellationToken) =>
        sessions.BeatAsync(id, session.StartedAt + clock.GetElapsedTime(session.Timestamp), session.Deployment.BusyMicroseconds, Environment.WorkingSet, cancellationToken);

    /// <param name="Timestamp">When it started, by what measures intervals: a clock that is set makes no session longer or shorter.</param>
    private sealed record OpenSession(ServedDeployment Deployment, DateTimeOffset StartedAt, long Timestamp);
}

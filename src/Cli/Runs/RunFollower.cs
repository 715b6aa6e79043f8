using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Claims;
using Platform.Domain.Runs;

namespace Platform.Cli.Runs;

/// <summary>What is new about a run since the last look.</summary>
/// <param name="Remark">Something that the person at the terminal has to know, such as that nobody works on the run.</param>
internal sealed record RunSnapshot(FineTuningRun Run, IReadOnlyList<RunEvent> Events, IReadOnlyList<RunMetric> Metrics, string? Remark, DateTimeOffset At);

internal interface IRunView
{
    void Show(RunSnapshot snapshot);
}

/// <summary>Reads a run's state from the database until the run is over.</summary>
internal sealed class RunFollower(PlatformSession session)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A host looks for queued runs every few seconds; after this long there is none.</summary>
    private static readonly TimeSpan Unclaimed = TimeSpan.FromSeconds(30);

    public async Task<FineTuningRun> FollowAsync(int number, IRunView view, CancellationToken cancellationToken)
    {
        var (queries, clock) = (session.Get<RunQueries>(), session.Get<TimeProvider>());
        var (eventId, metricId) = (0L, 0L);
        while (true)
        {
            // The run first: what was written before its end is then never missed.
            var run = (await queries.FindAsync(number, cancellationToken)).OrFail();
            var events = await queries.EventsAsync(run.Id, eventId, cancellationToken);
            var metrics = await queries.MetricsAsync(run.Id, metricId, cancellationToken);
            (eventId, metricId) = (events.Count > 0 ? events[^1].Id : eventId, metrics.Count > 0 ? metrics[^1].Id : metricId);
            var now = clock.GetUtcNow();
            view.Show(new RunSnapshot(run, events, metrics, Remark(run, now), now));
            if (run.IsOver)
                return run;
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private static string? Remark(FineTuningRun run, DateTimeOffset now)
    {
        if (run.IsOver)
            return null;
        if (run.Status == RunStatus.Paused)
            return $"Run {run.Number} is paused. Let it go on by: platform runs resume {run.Number}";
        if (run.ClaimOwner is null && now - run.CreatedAt > Unclaimed && (run.HeartbeatAt is null || now - run.HeartbeatAt > Unclaimed))
            return $"No Jobs host works on run {run.Number}. It stays queued; start a host by ./run.";
        return run.ClaimOwner is not null && now - run.HeartbeatAt > WorkClaims.StaleAfter
            ? $"The Jobs host that worked on run {run.Number} gives no sign of life since {run.HeartbeatAt:u}. Another one goes on from the last checkpoint; start it by ./run."
            : null;
    }
}

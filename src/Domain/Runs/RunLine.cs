using Microsoft.EntityFrameworkCore;
using Platform.Domain.Fleet;
using Platform.Domain.Persistence;
using Platform.Domain.Runs.Forecasts;

namespace Platform.Domain.Runs;

/// <summary>A run's place among those that are not over.</summary>
/// <param name="Place">0 for one that is being worked on, 1 for the next, and so on.</param>
/// <param name="StartsIn">About how long until somebody takes it; null when that is not known.</param>
/// <param name="EndsIn">About how long until it is done; null when that is not known.</param>
/// <param name="Unknown">Why a figure is missing, in a sentence; null when none is.</param>
public sealed record QueuePlace(int Number, string Name, RunStatus Status, int Place, TimeSpan? StartsIn, TimeSpan? EndsIn, string? Unknown);

/// <summary>Who is next, and when: by what was forecast for each run, and by how fast the ones at work really are.</summary>
public sealed class RunLine(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private const string NoWorker = "No Jobs worker that takes runs is alive.";
    private const string NotForecast = "What it takes was not measured yet.";
    private const string BehindUnknown = "What a run before it takes is not known.";

    /// <summary>In the order in which they are worked on. Paused runs are not in line.</summary>
    public async Task<IReadOnlyList<QueuePlace>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = await context.Runs.AsNoTracking().Include(run => run.Steps).Where(FineTuningRun.HasWork).OrderBy(run => run.Id).ToListAsync(cancellationToken);
        if (runs.Count == 0)
            return [];
        var alive = clock.GetUtcNow() - HostProcesses.GoneAfter;
        var hosts = await context.HostProcesses.AsNoTracking().Where(host => host.Kind == HostKind.Jobs && host.StoppedAt == null && host.SeenAt >= alive).ToListAsync(cancellationToken);
        return Places(runs, hosts.Count(host => host.Queues.Contains(HostProcesses.RunsQueue)), clock.GetUtcNow());
    }

    /// <param name="workers">Workers that take runs; each works on one at a time.</param>
    internal static IReadOnlyList<QueuePlace> Places(IReadOnlyList<FineTuningRun> runs, int workers, DateTimeOffset now)
    {
        List<QueuePlace> places = [];

        // When each worker is free, in seconds; null where nobody knows.
        List<double?> free = [];
        foreach (var run in runs.Where(run => run.Status != RunStatus.Queued))
        {
            var left = RunProgress.SecondsLeft(run, now);
            places.Add(new QueuePlace(run.Number, run.Name, run.Status, 0, TimeSpan.Zero, Time(left), left is null ? NotForecast : null));
            free.Add(left);
        }

        while (free.Count < workers)
            free.Add(0);
        var place = 1;
        foreach (var run in runs.Where(run => run.Status == RunStatus.Queued))
        {
            var expected = RunForecast.Parse(run.ForecastJson)?.Seconds;
            var start = free.Min();
            var end = start + expected;
            if (start is not null)
                free[free.IndexOf(start)] = end;
            places.Add(new QueuePlace(
                run.Number, run.Name, run.Status, place++, Time(start), Time(end), free.Count == 0 ? NoWorker : start is null ? BehindUnknown : end is null ? NotForecast : null));
        }

        return places;
    }

    private static TimeSpan? Time(double? seconds) => seconds is { } known ? TimeSpan.FromSeconds(known) : null;
}

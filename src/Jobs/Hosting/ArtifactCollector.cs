using Platform.Domain.Artifacts;

namespace Platform.Jobs.Hosting;

/// <summary>Removes artifacts that nothing refers to any more, once an hour. Several hosts may do so at once.</summary>
internal sealed partial class ArtifactCollector(ArtifactCleanup collection, TimeProvider clock, ILogger<ArtifactCollector> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var collected = await collection.CollectAsync(isDryRun: false, stoppingToken);
                if (collected.IsFailure)
                    LogRefused(collected.Summary);
                else if (collected.Value.Removed.Count > 0)
                    LogRemoved(collected.Value.Removed.Count, collected.Value.Kept);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The database or a disk; an hour later is early enough.
                LogFailed(exception);
            }
        }
    }
}

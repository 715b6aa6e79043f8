using System.Collections.Concurrent;
using Platform.Domain.Idempotency;

namespace Platform.Api.Idempotency;

/// <summary>The named requests that this process computes: retries wait for them, and their leases are renewed. Also deletes what is a day old.</summary>
internal sealed partial class RunningAnswers(IdempotentRequests requests, TimeProvider clock, ILogger<RunningAnswers> logger) : BackgroundService
{
    private static readonly TimeSpan PurgeEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> running = [];

    /// <summary>Names this process.</summary>
    public string Owner { get; } = Guid.NewGuid().ToString("N");

    public void Add(Guid id) => running[id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Remove(Guid id)
    {
        if (running.TryRemove(id, out var done))
            done.TrySetResult();
    }

    /// <summary>Completes when the request is over; null when another process computes it.</summary>
    public Task? Find(Guid id) => running.TryGetValue(id, out var done) ? done.Task : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(IdempotentRequests.Lease / 4, clock);
        var purged = clock.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (running.Keys is { Count: > 0 } ids)
                    await requests.RenewAsync([.. ids], stoppingToken);
                if (clock.GetElapsedTime(purged) < PurgeEvery)
                    continue;
                purged = clock.GetTimestamp();
                await requests.PurgeAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogLookFailed(exception);
            }
        }
    }

    [LoggerMessage(EventId = 1700, Level = LogLevel.Warning, Message = "Named requests could not be renewed or deleted; it is tried again")]
    private partial void LogLookFailed(Exception exception);
}

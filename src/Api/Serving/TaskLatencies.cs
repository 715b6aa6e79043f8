using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Tasks;

namespace Platform.Api.Serving;

/// <summary>Each task's latency class. Read from the database again and again, so that an owner's change acts without a deployment.</summary>
internal sealed partial class TaskLatencies(TaskCatalog tasks, IOptions<ApiOptions> options, TimeProvider clock, ILogger<TaskLatencies> logger) : BackgroundService
{
    private const int InteractiveWeight = 4;

    private volatile FrozenDictionary<Guid, LatencyClass> classes = FrozenDictionary<Guid, LatencyClass>.Empty;

    /// <summary>The task's share beside others.</summary>
    public int WeightOf(Guid taskId) => classes.TryGetValue(taskId, out var found) && found == LatencyClass.Interactive ? InteractiveWeight : 1;

    /// <summary>What its requests wait as: nobody waits for a task of the class batch.</summary>
    public RequestPriority PriorityOf(Guid taskId, RequestPriority asked) =>
        classes.TryGetValue(taskId, out var found) && found == LatencyClass.Batch ? RequestPriority.Batch : asked;

    /// <summary>What is in the database is known before the first request is answered.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DeploymentPoll, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await ReadAsync(stoppingToken);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            classes = (await tasks.ListLatencyClassesAsync(cancellationToken)).ToFrozenDictionary();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The database is away for a moment: what was known goes on holding.
            LogReadFailed(exception);
        }
    }

    [LoggerMessage(EventId = 1610, Level = LogLevel.Warning, Message = "The tasks' latency classes could not be read; those known before go on holding")]
    private partial void LogReadFailed(Exception exception);
}

using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Tasks;
using Platform.Engine.Generation;

namespace Platform.Api.Serving;

/// <summary>
/// What a task's owner can change without a deployment: below which probability it abstains, and its latency class. Read from the database
/// again and again.
/// </summary>
internal sealed partial class TaskSettings(TaskCatalog tasks, IOptions<ApiOptions> options, TimeProvider clock, ILogger<TaskSettings> logger) : BackgroundService
{
    private const int InteractiveWeight = 4;

    private volatile FrozenDictionary<Guid, ServingSettings> settings = FrozenDictionary<Guid, ServingSettings>.Empty;

    /// <summary>The best label's probability that an answer needs; null where the task always answers.</summary>
    public double? AbstainBelow(Guid taskId) => settings.GetValueOrDefault(taskId)?.AbstainBelow;

    /// <summary>Whether an answer is none: it is the best label that counts, also where another was drawn.</summary>
    public static bool Abstains(double? threshold, Answer answer) =>
        threshold is { } least && answer.Alternatives.Count > 0 && answer.Alternatives[0].Probability < least;

    /// <summary>The task's share beside others.</summary>
    public int WeightOf(Guid taskId) => settings.GetValueOrDefault(taskId)?.LatencyClass == LatencyClass.Interactive ? InteractiveWeight : 1;

    /// <summary>What its requests wait as: nobody waits for a task of the class batch.</summary>
    public RequestPriority PriorityOf(Guid taskId, RequestPriority asked) =>
        settings.GetValueOrDefault(taskId)?.LatencyClass == LatencyClass.Batch ? RequestPriority.Batch : asked;

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
            settings = (await tasks.ListServingSettingsAsync(cancellationToken)).ToFrozenDictionary(one => one.TaskId);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The database is away for a moment: what was known goes on holding.
            LogReadFailed(exception);
        }
    }

    [LoggerMessage(EventId = 1610, Level = LogLevel.Warning, Message = "The tasks' settings could not be read; those known before go on holding")]
    private partial void LogReadFailed(Exception exception);
}

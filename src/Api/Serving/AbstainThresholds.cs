using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Tasks;
using Platform.Engine.Generation;

namespace Platform.Api.Serving;

/// <summary>Below which probability each task abstains. Read from the database again and again, so that an owner's change acts without a deployment.</summary>
internal sealed partial class AbstainThresholds(TaskCatalog tasks, IOptions<ApiOptions> options, TimeProvider clock, ILogger<AbstainThresholds> logger) : BackgroundService
{
    private volatile FrozenDictionary<Guid, double> thresholds = FrozenDictionary<Guid, double>.Empty;

    /// <summary>The best label's probability that an answer needs; null where the task always answers.</summary>
    public double? Of(Guid taskId) => thresholds.TryGetValue(taskId, out var threshold) ? threshold : null;

    /// <summary>Whether an answer is none: it is the best label that counts, also where another was drawn.</summary>
    public static bool Abstains(double? threshold, Answer answer) =>
        threshold is { } least && answer.Alternatives.Count > 0 && answer.Alternatives[0].Probability < least;

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
            var found = await tasks.ListAbstainingAsync(cancellationToken);
            if (found.Count != thresholds.Count || found.Any(one => !thresholds.TryGetValue(one.Key, out var known) || known != one.Value))
                thresholds = found.ToFrozenDictionary();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The database is away for a moment: what was known goes on holding.
            LogReadFailed(exception);
        }
    }
}

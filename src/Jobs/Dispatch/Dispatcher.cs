using System.Linq.Expressions;
using Hangfire;
using Microsoft.Extensions.Options;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Deployments;
using Platform.Domain.Fleet;
using Platform.Domain.Playground;
using Platform.Domain.Runs;
using Platform.Domain.WhatIf;
using Platform.Domain.Runs.Forecasts;
using Platform.Jobs.Checks;
using Platform.Jobs.Datasets;
using Platform.Jobs.Deployments;
using Platform.Jobs.Hosting;
using Platform.Jobs.Playground;
using Platform.Jobs.Runs;
using Platform.Jobs.WhatIf;
using Platform.Jobs.Runs.Forecasts;

namespace Platform.Jobs.Dispatch;

/// <summary>
/// Asks the database for rows with work that nobody alive does, and hands their ids to Hangfire. The job itself claims the row, so
/// with any number of hosts each row is worked on once. Hangfire's own storage may be lost at any moment: the next poll finds the rows.
/// </summary>
public sealed partial class Dispatcher(
    WorkClaims claims, WorkInHand inHand, IBackgroundJobClient hangfire, IOptions<JobsOptions> options, TimeProvider clock, ILogger<Dispatcher> logger)
    : BackgroundService
{
    /// <summary>Short work that needs no device.</summary>
    public const string ChecksQueue = "checks";

    /// <summary>Somebody looks at the page and waits.</summary>
    public const string PlaygroundQueue = "playground";

    /// <summary>Fine-tuning runs; one worker on each host, because it has one device.</summary>
    public const string RunsQueue = HostProcesses.RunsQueue;

    /// <summary>Short measurements on the device; they wait between a run's steps and hold up nothing else.</summary>
    public const string ForecastsQueue = "forecasts";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PollSeconds), clock);
        do
        {
            try
            {
                await ReleaseDeadAsync(stoppingToken);
                await DispatchAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The database, or Hangfire's connection to it, which says so in exceptions of many kinds: the host must outlive both.
                LogPollFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DispatchAsync(CancellationToken cancellationToken)
    {
        await DispatchAsync<DatasetVersion>(null, id => hangfire.Enqueue<CheckDatasetJob>(ChecksQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
        await DispatchAsync<DatasetIntake>(null, id => hangfire.Enqueue<IntakeJob>(ChecksQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
        await DispatchAsync<DatasetRevision>(null, id => hangfire.Enqueue<RevisionJob>(ChecksQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
        await DispatchAsync<FineTuningRun>(null, id => hangfire.Enqueue<FineTuningJob>(RunsQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
        await DispatchAsync<WhatIfEstimate>(null, id => hangfire.Enqueue<WhatIfJob>(ChecksQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
        await DispatchAsync<PlaygroundQuestion>(null, id => hangfire.Enqueue<PlaygroundJob>(PlaygroundQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
        await DispatchAsync<ForecastRequest>(null, id => hangfire.Enqueue<ForecastJob>(ForecastsQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
        await DispatchAsync<Deployment>(
            deployment => deployment.Status == DeploymentStatus.Approved,
            id => hangfire.Enqueue<VerifyDeploymentJob>(ChecksQueue, job => job.RunAsync(id, CancellationToken.None)), cancellationToken);
    }

    private async Task DispatchAsync<T>(Expression<Func<T, bool>>? filter, Func<Guid, string> enqueue, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        foreach (var id in await claims.FindUnclaimedAsync(filter, cancellationToken))
            if (inHand.TryBegin(id, () => enqueue(id)) is { } job)
                LogDispatched(typeof(T).Name, id, job);
    }

    /// <summary>A process that was killed cannot let go; on its own machine nobody has to wait until its claims are stale.</summary>
    private async Task ReleaseDeadAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await claims.ReleaseDeadAsync<DatasetVersion>(cancellationToken))
            LogReleased(nameof(DatasetVersion), id);
        foreach (var id in await claims.ReleaseDeadAsync<DatasetIntake>(cancellationToken))
            LogReleased(nameof(DatasetIntake), id);
        foreach (var id in await claims.ReleaseDeadAsync<DatasetRevision>(cancellationToken))
            LogReleased(nameof(DatasetRevision), id);
        foreach (var id in await claims.ReleaseDeadAsync<FineTuningRun>(cancellationToken))
            LogReleased(nameof(FineTuningRun), id);
        foreach (var id in await claims.ReleaseDeadAsync<WhatIfEstimate>(cancellationToken))
            LogReleased(nameof(WhatIfEstimate), id);
        foreach (var id in await claims.ReleaseDeadAsync<PlaygroundQuestion>(cancellationToken))
            LogReleased(nameof(PlaygroundQuestion), id);
        foreach (var id in await claims.ReleaseDeadAsync<ForecastRequest>(cancellationToken))
            LogReleased(nameof(ForecastRequest), id);
        foreach (var id in await claims.ReleaseDeadAsync<Deployment>(cancellationToken))
            LogReleased(nameof(Deployment), id);
    }
}

using Platform.Cli.Deployments;
using Platform.Cli.Serving;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Users;

namespace Platform.Cli.Start;

/// <summary>Brings the sample run's model version live by the same approval as every other one: one person asks, another decides.</summary>
internal sealed class SampleDeployment(PlatformSession session, Output output)
{
    private const string Reason = "First start of a new platform: the sample workspace goes live, so that its tasks can be called at once, before any team could look at it.";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromMinutes(2);

    public async Task EnsureAsync(FineTuningRun run, Actor planner, Action<SampleProgress> keep, StartOptions options, CancellationToken cancellationToken)
    {
        var approval = session.Get<DeploymentApproval>();
        var progress = SampleProgress.Read(options.DataFolder)!;
        var deployment = progress.Deployment is { } number ? (await approval.FindAsync(number, cancellationToken)).OrFail() : null;
        if (deployment is null or { Status: DeploymentStatus.Failed })
        {
            var version = (await session.Get<ModelRegistry>().ListAsync(cancellationToken)).Single(found => found.RunId == run.Id);
            deployment = (await approval.RequestAsync(planner, version.Id, cancellationToken)).OrFail();
            keep(progress with { Deployment = deployment.Number });
            output.Line($"Model version {version.Number} is registered; {planner.Name} requested deployment {deployment.Number}.");
        }

        if (deployment.Status == DeploymentStatus.Requested)
            await ApproveAsync(deployment, cancellationToken);
        await new DeploymentWait(session).UntilServingAsync(deployment.Number, output.Line, cancellationToken);
        await WaitReadyAsync(options.Urls, cancellationToken);
    }

    /// <summary>The gate's verdict is shown and recorded; a loss that it found is accepted in words, never in silence.</summary>
    private async Task ApproveAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        var decider = await FirstAccounts.DeciderAsync(session, cancellationToken);
        var evaluated = (await session.Get<DeploymentApproval>().FindAsync(deployment.Number, cancellationToken)).OrFail();
        var losses = evaluated.ModelVersion!.Evaluations.Where(evaluation => evaluation.Verdict == GateVerdict.Fail).Select(evaluation => evaluation.Task!.Name).Order(StringComparer.Ordinal).ToList();
        var reason = losses.Count == 0 ? Reason : $"{Reason} Accepted although the gate failed for {string.Join(", ", losses)}.";
        (await session.Get<DeploymentApproval>().ApproveAsync(decider, deployment.Id, reason, new Acceptance(losses.Count > 0, MissingSignOffs: true), RolloutPlan.Full, upstream: null, cancellationToken)).OrFail();
        output.Line($"{decider.Name} approved deployment {deployment.Number}: {reason}");
    }

    private async Task WaitReadyAsync(PlatformUrls urls, CancellationToken cancellationToken)
    {
        using var client = new ApiClient(urls.Api, key: null);
        var clock = session.Get<TimeProvider>();
        var began = clock.GetTimestamp();
        while (!await client.IsReadyAsync(cancellationToken))
        {
            if (clock.GetElapsedTime(began) > ReadyPatience)
                throw new CommandFailure($"The deployment is live, but {new Uri(urls.Api, "/readyz")} does not say so. Look at data/logs/api.log.");
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }
}

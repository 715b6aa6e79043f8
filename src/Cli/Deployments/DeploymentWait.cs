using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;

namespace Platform.Cli.Deployments;

/// <summary>Waits while Jobs verifies an approved deployment and an Api loads it.</summary>
internal sealed class DeploymentWait(PlatformSession session)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public async Task<Deployment> UntilServingAsync(int number, Action<string> report, CancellationToken cancellationToken)
    {
        var clock = session.Get<TimeProvider>();
        var began = clock.GetTimestamp();
        DeploymentStatus? shown = null;
        while (true)
        {
            var deployment = (await session.Get<DeploymentApproval>().FindAsync(number, cancellationToken)).OrFail();
            if (deployment.Status != shown)
                report($"Deployment {number}: {deployment.Status.ToString().ToLowerInvariant()}");
            shown = deployment.Status;
            switch (deployment.Status)
            {
                case DeploymentStatus.Live or DeploymentStatus.Trial:
                    return deployment;
                case DeploymentStatus.Failed or DeploymentStatus.Rejected or DeploymentStatus.Retired:
                    throw new CommandFailure($"Deployment {number} is {deployment.Status.ToString().ToLowerInvariant()}: {deployment.Error ?? deployment.Reason}");
            }

            if (clock.GetElapsedTime(began) > Patience)
                throw new CommandFailure($"Deployment {number} is still {deployment.Status.ToString().ToLowerInvariant()} after {Patience.TotalMinutes:F0} minutes. {WhoIsMissing(deployment)}");
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private static string WhoIsMissing(Deployment deployment) => deployment.Status == DeploymentStatus.Approved
        ? "A Jobs host has to verify it; start one by ./run, or look at data/logs/jobs.log."
        : "An Api host has to load it; start one by ./run, or look at data/logs/api.log.";
}

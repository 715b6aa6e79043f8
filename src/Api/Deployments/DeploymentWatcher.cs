using System.Data.Common;
using Microsoft.Extensions.Options;
using Platform.Api.Health;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Deployments;
using Platform.Domain.Users;

namespace Platform.Api.Deployments;

/// <summary>
/// Looks at the database for what should serve: takes deployments from Deploying to Live or Trial, and follows what admins and other
/// replicas decided. A deployment that cannot be loaded fails with its reason, and what serves goes on serving.
/// </summary>
internal sealed partial class DeploymentWatcher(
    DeploymentRollout rollout, DeploymentApproval deployments, WorkClaims claims, ModelLoading loading, LoadedDeployments loaded,
    ServingState state, ServiceProblems problems, IOptions<ApiOptions> options, TimeProvider clock, ILogger<DeploymentWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan HeartbeatEvery = WorkClaims.StaleAfter / 6;
    private const string Trouble = "database";

    private static readonly Actor Self = Actor.System("api");

    private readonly string owner = WorkClaims.NewOwner("api");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DeploymentPoll, clock);
        do
        {
            try
            {
                await loaded.FollowAsync(await rollout.FindServedAsync(stoppingToken), stoppingToken);
                await DeployWaitingAsync(stoppingToken);
                problems.Clear(Trouble);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogLookFailed(exception);
                problems.Report(Trouble, $"The database could not be asked what is to be served, so what served before serves on: {exception.Message}");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DeployWaitingAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await claims.FindUnclaimedAsync<Deployment>(found => found.Status == DeploymentStatus.Deploying, cancellationToken))
            if (await claims.TryClaimAsync<Deployment>(id, owner, cancellationToken) is { } claim)
                await DeployAsync(claim, cancellationToken);
    }

    private async Task DeployAsync(Claim claim, CancellationToken cancellationToken)
    {
        var deployment = (await deployments.ListAsync(cancellationToken)).Single(found => found.Id == claim.EntityId);
        if (state.Current is null)
            state.NotReady = $"Deployment {deployment.Number} (model version {deployment.ModelVersion!.Number}) is being loaded.";
        LogLoading(deployment.Number, deployment.ModelVersion!.Number);
        try
        {
            if (await LoadOrFailAsync(deployment, claim, cancellationToken) is { } next)
                await ActivateAsync(deployment, next, claim, cancellationToken);
        }
        catch
        {
            // The database or the shutdown is to blame, not the model: another look, or another replica, may try again.
            await claims.ReleaseAsync<Deployment>(claim, CancellationToken.None);
            throw;
        }
    }

    /// <returns>Null when the model cannot be used; the deployment says why then.</returns>
    private async Task<ServedDeployment?> LoadOrFailAsync(Deployment deployment, Claim claim, CancellationToken cancellationToken)
    {
        try
        {
            return await WithHeartbeatAsync(loading.LoadAsync(deployment, cancellationToken), claim, cancellationToken);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or DbException or StoreUnavailableException))
        {
            LogDeploymentFailed(exception, deployment.Number);
            var reason = exception is DeploymentRefusedException ? exception.Message : $"The model could not be loaded: {exception.Message}";
            await rollout.FailAsync(claim, Self, reason, cancellationToken);
            if (state.Current is null)
                state.NotReady = $"Deployment {deployment.Number} failed: {reason}";
            return null;
        }
    }

    private async Task ActivateAsync(Deployment deployment, ServedDeployment next, Claim claim, CancellationToken cancellationToken)
    {
        var held = false;
        try
        {
            var activated = await rollout.ActivateAsync(claim, Self, next.Certificate, cancellationToken);
            if (activated.IsFailure)
            {
                // Another replica took over, or it was decided otherwise. What serves now is followed at the next look.
                LogNotActivated(deployment.Number, activated.Summary);
                return;
            }

            await loaded.HoldAsync(next, cancellationToken);
            held = true;
            await loaded.FollowAsync(await rollout.FindServedAsync(cancellationToken), cancellationToken);
        }
        finally
        {
            if (!held)
                next.Dispose();
        }
    }

    /// <summary>Loading a large model takes longer than a claim stays fresh.</summary>
    private async Task<ServedDeployment> WithHeartbeatAsync(Task<ServedDeployment> load, Claim claim, CancellationToken cancellationToken)
    {
        while (await Task.WhenAny(load, Task.Delay(HeartbeatEvery, clock, cancellationToken)) != load && !cancellationToken.IsCancellationRequested)
            await claims.HeartbeatAsync<Deployment>(claim, cancellationToken);
        return await load;
    }
}

using Hangfire;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Deployments;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Jobs.Claims;
using Platform.Jobs.Dispatch;

namespace Platform.Jobs.Deployments;

/// <summary>Approved → Deploying, once every byte of the model version is what was registered; else Failed with the reason.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed class VerifyDeploymentJob(ClaimedWork work, IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, DeploymentRollout rollout)
{
    private static readonly Actor Verifier = Actor.System("artifact check");

    public Task RunAsync(Guid deploymentId, CancellationToken cancellationToken) =>
        work.RunAsync<Deployment>(deploymentId, VerifyAsync, cancellationToken);

    private async Task VerifyAsync(HeldClaim<Deployment> held, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var deployment = await context.Deployments.AsNoTracking().Include(found => found.ModelVersion)
            .SingleAsync(found => found.Id == held.Claim.EntityId, cancellationToken);
        if (deployment.Status != DeploymentStatus.Approved)
            return;

        var version = deployment.ModelVersion!;
        var verified = StoreUnavailableException.Known(await store.VerifyAsync(version.ArtifactPath, version.Sha256, cancellationToken));
        var moved = verified.IsSuccess
            ? await rollout.BeginDeployingAsync(held.Claim, Verifier, cancellationToken)
            : await rollout.FailAsync(held.Claim, Verifier, verified.Error.Message, cancellationToken);
        Expect(moved);
    }

    /// <summary>A lost claim is the only way to fail here, and then the one that took over does the work.</summary>
    private static void Expect(Result moved)
    {
        if (moved.IsFailure && moved.Error.Code != ClaimErrors.LostCode)
            throw new InvalidOperationException(moved.Summary);
    }
}

using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

/// <summary>
/// The way from Approved to Live. Jobs claims an approved deployment, verifies its artifacts and calls
/// <see cref="BeginDeployingAsync"/>; an Api claims it then, loads it, warms up and calls <see cref="ActivateAsync"/>.
/// </summary>
public sealed class DeploymentRollout(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>What serves now, with its model version and evaluations (whose tasks it serves); null before the first one.</summary>
    public async Task<Deployment?> FindLiveAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Deployments.AsNoTracking().AsSplitQuery()
            .Include(deployment => deployment.ModelVersion!).ThenInclude(version => version.Evaluations).ThenInclude(evaluation => evaluation.Task)
            .SingleOrDefaultAsync(deployment => deployment.Status == DeploymentStatus.Live, cancellationToken);
    }

    /// <summary>Approved → Deploying, and lets go of the claim so that an Api can take it.</summary>
    public async Task<Result> BeginDeployingAsync(Claim claim, Actor actor, CancellationToken cancellationToken) =>
        await MoveAsync(claim, actor, DeploymentStatus.Approved, "deployment.deploying", null, (_, deployment) =>
        {
            deployment.BeginDeploying();
            return Task.CompletedTask;
        }, cancellationToken);

    /// <summary>Deploying → Live, and the one that was live → Retired, in one transaction: there is never none and never two.</summary>
    public async Task<Result> ActivateAsync(Claim claim, Actor actor, CancellationToken cancellationToken) =>
        await MoveAsync(claim, actor, DeploymentStatus.Deploying, "deployment.activated", null, async (context, deployment) =>
        {
            var now = clock.GetUtcNow();
            foreach (var old in await context.Deployments.Where(found => found.Status == DeploymentStatus.Live).ToListAsync(cancellationToken))
            {
                old.Retire(now);
                AuditTrail.Add(context, now, actor, "deployment.retired", nameof(Deployment), old.Id,
                    new { Status = DeploymentStatus.Live }, new { old.Status }, $"Replaced by deployment {deployment.Number}.");
            }

            // The old one first: the unique index allows one live row at any moment.
            await context.SaveChangesAsync(cancellationToken);
            deployment.Activate(now);
        }, cancellationToken);

    /// <summary>Approved or Deploying → Failed; what is live stays live.</summary>
    public async Task<Result> FailAsync(Claim claim, Actor actor, string error, CancellationToken cancellationToken) =>
        await MoveAsync(claim, actor, null, "deployment.failed", error, (_, deployment) =>
        {
            deployment.Fail(error);
            return Task.CompletedTask;
        }, cancellationToken);

    private async Task<Result> MoveAsync(
        Claim claim, Actor actor, DeploymentStatus? from, string action, string? reason,
        Func<PlatformDbContext, Deployment, Task> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<Deployment>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var deployment = await context.Deployments.SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        var before = deployment.Status;
        if (from is { } wanted && before != wanted)
            return DeploymentErrors.WrongStatus(deployment, wanted);

        await change(context, deployment);
        deployment.LetGo();
        AuditTrail.Add(context, clock.GetUtcNow(), actor, action, nameof(Deployment), deployment.Id, new { Status = before }, new { deployment.Status }, reason);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success();
    }
}

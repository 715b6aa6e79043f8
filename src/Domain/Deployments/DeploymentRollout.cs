using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

/// <summary>What a server has to have in memory, with model versions and evaluations.</summary>
/// <param name="Live">Null before the first one.</param>
/// <param name="Trial">Null when none is on trial.</param>
/// <param name="Pins">By the name of the task that was rolled back.</param>
public sealed record ServedSet(Deployment? Live, Deployment? Trial, IReadOnlyDictionary<string, Deployment> Pins);

/// <summary>The model version that is live.</summary>
/// <param name="DeploymentId">What made it live.</param>
public sealed record LiveVersion(Guid Id, int Number, Guid DeploymentId);

/// <summary>
/// The way from Approved to Live. Jobs claims an approved deployment, verifies its artifacts and calls
/// <see cref="BeginDeployingAsync"/>; an Api claims it then, loads it, warms up and calls <see cref="ActivateAsync"/>.
/// </summary>
public sealed class DeploymentRollout(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>What has to be in memory: what is live, what is on trial, and what tasks were rolled back to.</summary>
    public async Task<ServedSet> FindServedAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var pins = await context.TaskPins.AsNoTracking().Include(pin => pin.Task).ToListAsync(cancellationToken);
        var pinned = pins.Select(pin => pin.DeploymentId).ToList();
        var deployments = await context.Deployments.AsNoTracking().AsSplitQuery()
            .Include(deployment => deployment.ModelVersion!).ThenInclude(version => version.Evaluations).ThenInclude(evaluation => evaluation.Task)
            .Where(deployment => deployment.Status == DeploymentStatus.Live || deployment.Status == DeploymentStatus.Trial || pinned.Contains(deployment.Id))
            .ToListAsync(cancellationToken);
        return new ServedSet(
            deployments.SingleOrDefault(deployment => deployment.Status == DeploymentStatus.Live),
            deployments.FirstOrDefault(deployment => deployment.Status == DeploymentStatus.Trial),
            pins.ToDictionary(pin => pin.Task!.Name, pin => deployments.Single(deployment => deployment.Id == pin.DeploymentId), StringComparer.Ordinal));
    }

    /// <summary>What is live, with its model version and evaluations (whose tasks it serves); null before the first one.</summary>
    public async Task<Deployment?> FindLiveAsync(CancellationToken cancellationToken) => (await FindServedAsync(cancellationToken)).Live;

    /// <summary>Which version is live, without its parts; null before the first one.</summary>
    public async Task<LiveVersion?> FindLiveVersionAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Deployments.Where(deployment => deployment.Status == DeploymentStatus.Live)
            .Select(deployment => new LiveVersion(deployment.ModelVersionId, deployment.ModelVersion!.Number, deployment.Id)).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Approved → Deploying, and lets go of the claim so that an Api can take it.</summary>
    public async Task<Result> BeginDeployingAsync(Claim claim, Actor actor, CancellationToken cancellationToken) =>
        await MoveAsync(claim, actor, DeploymentStatus.Approved, "deployment.deploying", null, (_, deployment) =>
        {
            deployment.BeginDeploying();
            return Task.CompletedTask;
        }, cancellationToken);

    /// <summary>
    /// Deploying → Live, and the one that was live → Retired, in one transaction: there is never none and never two. One that was
    /// approved for a trial becomes Trial instead, and what is live stays.
    /// </summary>
    /// <param name="certificate">What the Api checked when it loaded the model; null for none.</param>
    public async Task<Result> ActivateAsync(Claim claim, Actor actor, ParityCertificate? certificate, CancellationToken cancellationToken) =>
        await MoveAsync(claim, actor, DeploymentStatus.Deploying, "deployment.activated", null, async (context, deployment) =>
        {
            if (certificate is not null)
                deployment.Certify(certificate.Json, certificate.Sha256);
            var now = clock.GetUtcNow();
            if (await context.Deployments.SingleOrDefaultAsync(found => found.Status == DeploymentStatus.Trial, cancellationToken) is { } trial)
                deployment.Fail(DeploymentErrors.TrialInProgress(trial).Message);
            else if (deployment.RolloutMode == RolloutMode.Full)
                await ReplaceLiveAsync(context, deployment, actor, now, cancellationToken);
            else
                deployment.BeginTrial(now);
        }, cancellationToken);

    /// <summary>Retires what is live in the transaction of the one that follows it.</summary>
    internal static async Task ReplaceLiveAsync(PlatformDbContext context, Deployment next, Actor actor, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var live = await context.Deployments.SingleOrDefaultAsync(found => found.Status == DeploymentStatus.Live, cancellationToken);
        if (live is not null)
        {
            live.Retire(now);
            AuditTrail.Add(context, now, actor, "deployment.retired", nameof(Deployment), live.Id,
                new { Status = DeploymentStatus.Live }, new { live.Status }, $"Replaced by deployment {next.Number}.");
        }

        // The old one first: the unique index allows one live row at any moment.
        await context.SaveChangesAsync(cancellationToken);
        next.Activate(now, live?.Id);
    }

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
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
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

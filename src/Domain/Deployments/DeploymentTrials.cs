using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

/// <summary>What an admin can do with a deployment on trial: change its share, promote it, end it. Every Api follows within its polling time.</summary>
public sealed class DeploymentTrials(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Another share, for all tasks or some, or from shadow to canary and back.</summary>
    public Task<Result<Deployment>> ChangeAsync(Actor actor, Guid deploymentId, RolloutPlan plan, string reason, CancellationToken cancellationToken) =>
        MoveAsync(actor, deploymentId, "deployment.trial_changed", reason, (_, trial) =>
        {
            if (plan.Mode == RolloutMode.Full)
                throw new ArgumentException("A trial that gets all traffic is promoted.", nameof(plan));
            var check = plan.Check(trial.ModelVersion!.Evaluations.Select(evaluation => evaluation.TaskId).ToHashSet());
            if (check.IsSuccess)
                trial.Allot(plan);
            return Task.FromResult(check);
        }, cancellationToken);

    /// <summary>Trial → Live, and what was live → Retired, in one transaction. It is in memory already, so the switch costs nobody a request.</summary>
    public Task<Result<Deployment>> PromoteAsync(Actor actor, Guid deploymentId, string reason, CancellationToken cancellationToken) =>
        MoveAsync(actor, deploymentId, "deployment.promoted", reason, async (context, trial) =>
        {
            await DeploymentRollout.ReplaceLiveAsync(context, trial, actor, clock.GetUtcNow(), cancellationToken);
            return Result.Success();
        }, cancellationToken);

    /// <summary>Trial → Retired: all requests go to what is live again.</summary>
    public Task<Result<Deployment>> EndAsync(Actor actor, Guid deploymentId, string reason, CancellationToken cancellationToken) =>
        MoveAsync(actor, deploymentId, "deployment.trial_ended", reason, (_, trial) =>
        {
            trial.Retire(clock.GetUtcNow());
            return Task.FromResult(Result.Success());
        }, cancellationToken);

    private async Task<Result<Deployment>> MoveAsync(
        Actor actor, Guid deploymentId, string action, string reason, Func<PlatformDbContext, Deployment, Task<Result>> change, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("steer a rollout") is { } refusal)
            return refusal;
        if (string.IsNullOrWhiteSpace(reason))
            return DeploymentErrors.ReasonMissing();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var trial = await context.Deployments.Include(found => found.ModelVersion!).ThenInclude(version => version.Evaluations)
            .SingleOrDefaultAsync(found => found.Id == deploymentId, cancellationToken);
        if (trial is null)
            return DeploymentErrors.Unknown(deploymentId);
        if (trial.Status != DeploymentStatus.Trial)
            return DeploymentErrors.NotOnTrial(trial);

        var before = new { trial.Status, trial.Plan };
        var changed = await change(context, trial);
        if (changed.IsFailure)
            return Result.Failure<Deployment>(changed.Errors);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, action, nameof(Deployment), trial.Id, before, new { trial.Status, trial.Plan }, reason.Trim());
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return trial;
    }
}

using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

/// <summary>One step back: of everything, or of one task alone.</summary>
public sealed class RollBacks(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Tasks that are answered by an earlier deployment than the one that is live.</summary>
    public async Task<IReadOnlyList<TaskPin>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.TaskPins.AsNoTracking().Include(pin => pin.Task).Include(pin => pin.Deployment!).ThenInclude(deployment => deployment.ModelVersion)
            .OrderBy(pin => pin.Task!.Name).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Brings back what was live before. It needs no second approval, because it was approved before; it is loaded and checked like
    /// any other, and what is live answers until then.
    /// </summary>
    /// <returns>The deployment that comes back.</returns>
    public async Task<Result<Deployment>> EverythingAsync(Actor actor, string reason, CancellationToken cancellationToken)
    {
        if (Refuse(actor, reason) is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var current = await context.Deployments.Where(found => found.Status == DeploymentStatus.Live || found.Status == DeploymentStatus.Trial || found.Status == DeploymentStatus.Deploying)
            .ToListAsync(cancellationToken);
        if (current.FirstOrDefault(found => found.Status == DeploymentStatus.Trial) is { } trial)
            return DeploymentErrors.TrialInProgress(trial);
        if (current.FirstOrDefault(found => found.Status == DeploymentStatus.Deploying) is { } loading)
            return DeploymentErrors.RollBackInProgress(loading);
        var live = current.SingleOrDefault();
        var before = await context.Deployments.SingleOrDefaultAsync(
            found => live != null && found.Id == live.ReplacedId && found.Status == DeploymentStatus.Retired, cancellationToken);
        if (live is null || before is null)
            return DeploymentErrors.NothingToRollBackTo();

        before.Reinstate();
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "deployment.rolled_back", nameof(Deployment), live.Id,
            new { live.Number }, new { before.Number }, reason.Trim());
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return before;
    }

    /// <summary>Lets an earlier deployment answer one task, beside what is live.</summary>
    /// <param name="number">The deployment's; null for the one that was live before.</param>
    public async Task<Result<TaskPin>> TaskAsync(Actor actor, string taskName, int? number, string reason, CancellationToken cancellationToken)
    {
        if (Refuse(actor, reason) is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var task = await context.Tasks.SingleOrDefaultAsync(found => found.Name == taskName, cancellationToken);
        if (task is null)
            return TaskErrors.Unknown(taskName);
        var target = await TargetAsync(context, number, cancellationToken);
        if (target.IsFailure)
            return Result.Failure<TaskPin>(target.Errors);
        if (target.Value.ModelVersion!.Evaluations.All(evaluation => evaluation.TaskId != task.Id))
            return DeploymentErrors.PinTargetUnfit(taskName, target.Value.Number);

        var now = clock.GetUtcNow();
        var pin = new TaskPin { TaskId = task.Id, DeploymentId = target.Value.Id, PinnedByName = actor.Name, PinnedAt = now, Reason = reason.Trim() };
        await context.TaskPins.Where(found => found.TaskId == task.Id).ExecuteDeleteAsync(cancellationToken);
        context.TaskPins.Add(pin);
        AuditTrail.Add(context, now, actor, "task.rolled_back", nameof(TaskDefinition), task.Id, null, new { Deployment = target.Value.Number }, pin.Reason);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return pin;
    }

    /// <summary>The task goes back to what is live.</summary>
    public async Task<Result> LiftAsync(Actor actor, string taskName, string reason, CancellationToken cancellationToken)
    {
        if (Refuse(actor, reason) is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var pin = await context.TaskPins.Include(found => found.Deployment).SingleOrDefaultAsync(found => found.Task!.Name == taskName, cancellationToken);
        if (pin is null)
            return DeploymentErrors.NotPinned(taskName);
        context.TaskPins.Remove(pin);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "task.roll_back_lifted", nameof(TaskDefinition), pin.TaskId, new { Deployment = pin.Deployment!.Number }, null, reason.Trim());
        await context.SaveChangesAsync(cancellationToken);
        return Result.Success();
    }

    private static Error? Refuse(Actor actor, string reason) =>
        actor.RefuseUnlessAdmin("roll back") ?? (string.IsNullOrWhiteSpace(reason) ? DeploymentErrors.ReasonMissing() : null);

    private static async Task<Result<Deployment>> TargetAsync(PlatformDbContext context, int? number, CancellationToken cancellationToken)
    {
        var known = context.Deployments.Include(found => found.ModelVersion!).ThenInclude(version => version.Evaluations);
        var target = number is { } wanted
            ? await known.SingleOrDefaultAsync(found => found.Number == wanted, cancellationToken)
            : await known.SingleOrDefaultAsync(
                found => context.Deployments.Any(live => live.Status == DeploymentStatus.Live && live.ReplacedId == found.Id), cancellationToken);
        if (target is null)
            return number is { } missing ? DeploymentErrors.Unknown(missing) : DeploymentErrors.NothingToRollBackTo();
        return target.ActivatedAt is null || target.Status == DeploymentStatus.Live ? DeploymentErrors.WrongStatus(target, DeploymentStatus.Retired) : target;
    }
}

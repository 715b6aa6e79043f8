using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

/// <summary>A line of a deployment request that a team has said nothing to.</summary>
public sealed record WaitingSignOff(int DeploymentNumber, int ModelNumber, string Task, DateTimeOffset RequestedAt);

/// <summary>The owning teams' word on their tasks before an admin decides.</summary>
public sealed class SignOffs(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>One line for each task that the model version was evaluated on, by name.</summary>
    public async Task<IReadOnlyList<SignOffLine>> ListAsync(Guid deploymentId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await LinesAsync(context, deploymentId, cancellationToken);
    }

    /// <summary>What the actor's teams have not said anything to yet.</summary>
    public async Task<IReadOnlyList<WaitingSignOff>> WaitingForAsync(Actor actor, CancellationToken cancellationToken)
    {
        var teams = actor.TeamIds.ToList();
        if (teams.Count == 0)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await (
            from deployment in context.Deployments
            where deployment.Status == DeploymentStatus.Requested
            from evaluation in context.TaskEvaluations
            where evaluation.ModelVersionId == deployment.ModelVersionId && teams.Contains(evaluation.Task!.TeamId)
                && !context.TaskSignOffs.Any(signed => signed.DeploymentId == deployment.Id && signed.TaskId == evaluation.TaskId)
            orderby deployment.Number, evaluation.Task!.Name
            select new WaitingSignOff(deployment.Number, deployment.ModelVersion!.Number, evaluation.Task!.Name, deployment.RequestedAt)).Take(100).ToListAsync(cancellationToken);
    }

    /// <param name="isAccepted">False: the team does not want it live.</param>
    /// <param name="reason">Needed to decline.</param>
    public async Task<Result<TaskSignOff>> SignAsync(Actor actor, Guid deploymentId, Guid taskId, bool isAccepted, string? reason, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var deployment = await context.Deployments.SingleOrDefaultAsync(found => found.Id == deploymentId, cancellationToken);
        if (deployment is null)
            return DeploymentErrors.Unknown(deploymentId);
        var task = await context.TaskEvaluations.Where(evaluation => evaluation.ModelVersionId == deployment.ModelVersionId && evaluation.TaskId == taskId)
            .Select(evaluation => evaluation.Task).SingleOrDefaultAsync(cancellationToken);
        if (task is null || !actor.MaySee(task))
            return SignOffErrors.NotInIt(deployment);

        // The admin who decides must not also speak for the team: only its members sign.
        if (!actor.TeamIds.Contains(task.TeamId))
            return SignOffErrors.NotYours(task.Name);
        if (deployment.Status != DeploymentStatus.Requested)
            return DeploymentErrors.NotRequested(deployment);
        if (!isAccepted && string.IsNullOrWhiteSpace(reason))
            return SignOffErrors.ReasonMissing();

        var signed = await context.TaskSignOffs.SingleOrDefaultAsync(found => found.DeploymentId == deploymentId && found.TaskId == taskId, cancellationToken);
        var before = signed is null ? null : new { signed.IsAccepted, signed.Reason, signed.SignedByName };
        if (signed is null)
        {
            signed = new TaskSignOff { DeploymentId = deploymentId, TaskId = taskId };
            context.TaskSignOffs.Add(signed);
        }

        var now = clock.GetUtcNow();
        var said = string.IsNullOrWhiteSpace(reason) ? null : reason.Trim();
        signed.Sign(isAccepted, said, actor.UserId, actor.Name, now);
        AuditTrail.Add(context, now, actor, isAccepted ? "deployment.signed_off" : "deployment.sign_off_declined", nameof(Deployment), deploymentId, before, new { deployment.Number, Task = task.Name, isAccepted }, said);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return signed;
    }

    internal static async Task<IReadOnlyList<SignOffLine>> LinesAsync(PlatformDbContext context, Guid deploymentId, CancellationToken cancellationToken)
    {
        var tasks = await (
            from deployment in context.Deployments
            where deployment.Id == deploymentId
            from evaluation in context.TaskEvaluations
            where evaluation.ModelVersionId == deployment.ModelVersionId
            orderby evaluation.Task!.Name
            select new { evaluation.Task, HasMembers = context.TeamMembers.Any(member => member.TeamId == evaluation.Task!.TeamId) }).AsNoTracking().ToListAsync(cancellationToken);
        var signed = await context.TaskSignOffs.AsNoTracking().Where(found => found.DeploymentId == deploymentId).ToDictionaryAsync(found => found.TaskId, cancellationToken);
        return [.. tasks.Select(one =>
        {
            var signOff = signed.GetValueOrDefault(one.Task!.Id);
            var status = signOff is not null ? signOff.IsAccepted ? SignOffStatus.Accepted : SignOffStatus.Declined : one.HasMembers ? SignOffStatus.Waiting : SignOffStatus.NobodyToAsk;
            return new SignOffLine(one.Task, status, signOff);
        })];
    }
}

public static class SignOffErrors
{
    public static Error NotInIt(Deployment deployment) => Error.NotFound("sign_off_task_unknown", $"Deployment {deployment.Number} has no such task that you may see.", "task");

    public static Error NotYours(string task) => Error.Forbidden("sign_off_not_yours", $"Only a member of the team that owns '{task}' may sign it off.");

    public static Error ReasonMissing() => Error.Invalid("sign_off_reason_missing", "Say in one sentence why your team does not want it live.", "reason");

    public static Error Missing(IReadOnlyList<string> tasks) => Error.Conflict(
        "deployment_sign_off_missing",
        $"The owning teams have not signed off {string.Join(", ", tasks)}. Wait for them, reject the deployment, or approve it with the explicit wish to go ahead without them.",
        "accept_missing_sign_offs");
}

using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Runs.Filtering;

/// <summary>People's decisions in the filter's place, as long as no stage has begun.</summary>
public sealed class FilterOverrides(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Decides for a task of a run; the filter will not change it any more.</summary>
    public async Task<Result<RunTask>> OverrideAsync(
        Actor actor, Guid runId, Guid taskId, TaskDecision decision, string reason, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("override the filter") is { } refusal)
            return refusal;
        if (string.IsNullOrWhiteSpace(reason))
            return FilterErrors.NoReason();
        if (decision == TaskDecision.Pending)
            return FilterErrors.NoDecision();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var run = await context.Runs.Include(found => found.Steps).Include(found => found.Tasks).ThenInclude(found => found.Task)
            .SingleOrDefaultAsync(found => found.Id == runId, cancellationToken);
        if (run is null)
            return RunErrors.Unknown(runId);
        if (run.Tasks.SingleOrDefault(found => found.TaskId == taskId) is not { } task)
            return FilterErrors.NotInRun(run);
        if (run.IsOver)
            return RunErrors.Over(run);
        if (!IsOpen(run))
            return FilterErrors.TooLate(run);
        if (decision == TaskDecision.Isolated && run.Tasks.All(other => other == task || other.Decision == TaskDecision.Isolated))
            return FilterErrors.NobodyLeft(task.Task!.Name);

        var before = new { Task = task.Task!.Name, task.Decision, task.Reason, task.DecidedByName };
        var now = clock.GetUtcNow();
        task.Override(decision, reason.Trim(), actor.Name);
        context.RunEvents.Add(new RunEvent { RunId = runId, At = now, Severity = RunEventSeverity.Note, Message = $"{task.Task.Name}: {task.Reason}" });
        AuditTrail.Add(
            context, now, actor, "run.task_overridden", nameof(FineTuningRun), run.Id, before,
            new { Task = task.Task.Name, task.Decision, task.Reason, task.DecidedByName }, reason.Trim());
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return task;
    }

    /// <summary>Whether decisions can still be changed: no training that depends on them has begun.</summary>
    public static bool IsOpen(FineTuningRun run) => !run.IsOver && !run.Steps.Any(step =>
        step.Kind is RunStepKind.Stage0 or RunStepKind.Stage2 or RunStepKind.Stage3 or RunStepKind.Adapter && step.Status != RunStepStatus.Pending);
}

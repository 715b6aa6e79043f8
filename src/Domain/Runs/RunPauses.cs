using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Runs;

/// <summary>Stops runs for a while and lets them go on. What was done stays done.</summary>
public sealed class RunPauses(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>A queued run is paused at once; a running one stops at its next update, with a checkpoint.</summary>
    public Task<Result<RunStatus>> PauseAsync(Actor actor, Guid runId, CancellationToken cancellationToken) => ChangeAsync(
        actor, runId, "pause a run", "run.paused", $"Pause asked for by {actor.Name}.",
        run => run.Status is RunStatus.Queued or RunStatus.Running ? null : RunErrors.NotPausable(run), run => run.RequestPause(), cancellationToken);

    public Task<Result<RunStatus>> ResumeAsync(Actor actor, Guid runId, CancellationToken cancellationToken) => ChangeAsync(
        actor, runId, "resume a run", "run.resumed", $"Resumed by {actor.Name}; it goes on where it stopped.",
        run => run.Status is RunStatus.Paused or RunStatus.Pausing ? null : RunErrors.NotPaused(run), run => run.Resume(), cancellationToken);

    private async Task<Result<RunStatus>> ChangeAsync(
        Actor actor, Guid runId, string what, string audited, string message, Func<FineTuningRun, Error?> refuse, Action<FineTuningRun> change, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin(what) is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var run = await context.Runs.SingleOrDefaultAsync(found => found.Id == runId, cancellationToken);
        if (run is null)
            return RunErrors.Unknown(runId);
        if (refuse(run) is { } error)
            return error;

        var before = run.Status;
        var now = clock.GetUtcNow();
        change(run);
        context.RunEvents.Add(new RunEvent { RunId = runId, At = now, Severity = RunEventSeverity.Note, Message = message });
        AuditTrail.Add(context, now, actor, audited, nameof(FineTuningRun), run.Id, new { Status = before }, new { run.Status });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return run.Status;
    }
}

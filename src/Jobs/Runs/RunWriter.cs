using Platform.Domain.Claims;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;

namespace Platform.Jobs.Runs;

/// <summary>Another process took the run over: leave without a trace.</summary>
internal sealed class ClaimLostException(string message) : Exception(message);

/// <summary>Writes into the journal under this process's claim, and notices when the run was cancelled or paused.</summary>
internal sealed class RunWriter(RunJournal journal, Claim claim) : IDisposable
{
    private readonly CancellationTokenSource cancelled = new();
    private readonly CancellationTokenSource paused = new();

    public Claim Claim => claim;

    /// <summary>Fires when somebody cancelled the run.</summary>
    public CancellationToken Cancelled => cancelled.Token;

    /// <summary>Fires when somebody paused the run.</summary>
    public CancellationToken Paused => paused.Token;

    public async Task<FineTuningRun> LoadAsync(CancellationToken cancellationToken)
    {
        var run = await journal.LoadAsync(claim.EntityId, cancellationToken);
        return run.IsSuccess ? run.Value : throw new InvalidOperationException(run.Summary);
    }

    /// <returns>False when the run was over by the time that it was claimed.</returns>
    public async Task<bool> StartAsync(CancellationToken cancellationToken) =>
        Look(await journal.StartAsync(claim, cancellationToken)) is RunStatus.Running or RunStatus.Cancelling or RunStatus.Pausing;

    public async Task ResolveBaseModelAsync(Recipe recipe, string sha256, CancellationToken cancellationToken) =>
        Look(await journal.ResolveBaseModelAsync(claim, recipe, sha256, cancellationToken));

    public async Task PlanStepsAsync(IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken) =>
        Look(await journal.PlanStepsAsync(claim, steps, cancellationToken));

    public async Task StartStepAsync(Guid stepId, long resumeFromExamples, CancellationToken cancellationToken) =>
        Look(await journal.StartStepAsync(claim, stepId, resumeFromExamples, cancellationToken));

    public async Task ReportAsync(Guid stepId, StepProgress progress, IReadOnlyList<MetricPoint> points, CancellationToken cancellationToken) =>
        Look(await journal.ReportAsync(claim, stepId, progress, points, cancellationToken));

    public async Task CompleteStepAsync(Guid stepId, string? resultJson, CancellationToken cancellationToken) =>
        Look(await journal.CompleteStepAsync(claim, stepId, resultJson, cancellationToken));

    public async Task FailStepAsync(Guid stepId, string error, CancellationToken cancellationToken) =>
        Look(await journal.FailStepAsync(claim, stepId, error, cancellationToken));

    public async Task ChangeTaskAsync(Guid taskId, Action<RunTask> change, CancellationToken cancellationToken) =>
        Look(await journal.ChangeTaskAsync(claim, taskId, change, cancellationToken));

    public async Task NoteAsync(string message, CancellationToken cancellationToken) =>
        Look(await journal.LogAsync(claim, RunEventSeverity.Note, message, cancellationToken));

    public async Task WarnAsync(string message, CancellationToken cancellationToken) =>
        Look(await journal.LogAsync(claim, RunEventSeverity.Warning, message, cancellationToken));

    public async Task FailAsync(string error, CancellationToken cancellationToken) => Look(await journal.FailAsync(claim, error, cancellationToken));

    public async Task ConfirmCancelledAsync(CancellationToken cancellationToken) => Look(await journal.ConfirmCancelledAsync(claim, cancellationToken));

    public async Task ConfirmPausedAsync(string where, CancellationToken cancellationToken) => Look(await journal.ConfirmPausedAsync(claim, where, cancellationToken));

    public void Dispose()
    {
        cancelled.Dispose();
        paused.Dispose();
    }

    private RunStatus Look(Result<RunStatus> status)
    {
        if (status.IsFailure)
            throw new ClaimLostException(status.Summary);
        if (status.Value == RunStatus.Cancelling)
            cancelled.Cancel();
        else if (status.Value == RunStatus.Pausing)
            paused.Cancel();
        return status.Value;
    }
}

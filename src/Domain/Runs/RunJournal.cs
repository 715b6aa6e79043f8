using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Runs;

/// <summary>A step that a run needs. Steps with the same kind and task are the same step.</summary>
/// <param name="ExamplesTotal">What the step will go through, as far as it is known before the step starts.</param>
/// <param name="Ordinal">Its place among the steps; null puts it behind those that the run has.</param>
public sealed record PlannedStep(RunStepKind Kind, Guid? TaskId = null, long ExamplesTotal = 0, int? Ordinal = null);

/// <summary>One point of a curve; see <see cref="RunMetric"/>.</summary>
public sealed record MetricPoint(string Name, Guid? TaskId, long Examples, double Value);

/// <summary>
/// All that the process at work on a run writes about it. Each call is one transaction that first checks the claim's fence, so a
/// process that was taken for dead can no longer write anything; it then gets the error <see cref="ClaimErrors.LostCode"/>.
/// </summary>
public sealed class RunJournal(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>The run with its tasks (definition and dataset version included) and its steps in order.</summary>
    public async Task<Result<FineTuningRun>> LoadAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await context.Runs.AsNoTracking().AsSplitQuery()
            .Include(found => found.Tasks).ThenInclude(task => task.Task)
            .Include(found => found.Tasks).ThenInclude(task => task.DatasetVersion)
            .Include(found => found.Steps.OrderBy(step => step.Ordinal))
            .SingleOrDefaultAsync(found => found.Id == runId, cancellationToken);
        return run is null ? RunErrors.Unknown(runId) : run;
    }

    /// <returns>Running, or else what to do instead: confirm Cancelling or Pausing, leave a run that is over.</returns>
    public async Task<Result<RunStatus>> StartAsync(Claim claim, CancellationToken cancellationToken) =>
        await WriteAsync(claim, (_, run) =>
        {
            // A run that is being cancelled has nothing to start, and one that was cancelled between claim and start is over:
            // the status that comes back says so.
            if (run.Status is RunStatus.Queued or RunStatus.Running)
                run.Start(clock.GetUtcNow());
            return Task.CompletedTask;
        }, cancellationToken);

    public async Task<Result<RunStatus>> ResolveBaseModelAsync(Claim claim, Recipe recipe, string sha256, CancellationToken cancellationToken) =>
        await WriteAsync(claim, (_, run) =>
        {
            run.ResolveBaseModel(recipe, sha256);
            return Task.CompletedTask;
        }, cancellationToken);

    /// <summary>Adds the steps that the run does not have yet, and renews the totals of those that have not started. Safe to repeat.</summary>
    public async Task<Result<RunStatus>> PlanStepsAsync(Claim claim, IReadOnlyList<PlannedStep> steps, CancellationToken cancellationToken) =>
        await WriteAsync(claim, async (context, run) =>
        {
            var known = await context.RunSteps.Where(step => step.RunId == run.Id).ToListAsync(cancellationToken);
            var ordinal = known.Count == 0 ? 0 : known.Max(step => step.Ordinal);
            foreach (var planned in steps)
            {
                var step = known.SingleOrDefault(step => step.Kind == planned.Kind && step.TaskId == planned.TaskId);
                if (step is null)
                {
                    step = new RunStep { RunId = run.Id, Ordinal = planned.Ordinal ?? ++ordinal, Kind = planned.Kind, TaskId = planned.TaskId };
                    context.RunSteps.Add(step);
                }

                step.Plan(planned.ExamplesTotal);
            }
        }, cancellationToken);

    /// <param name="resumeFromExamples">Examples in the checkpoint that the step goes on from; curve points beyond it are measured again.</param>
    public async Task<Result<RunStatus>> StartStepAsync(Claim claim, Guid stepId, long resumeFromExamples, CancellationToken cancellationToken) =>
        await WriteStepAsync(claim, stepId, async (context, step) =>
        {
            step.Start(clock.GetUtcNow());
            await context.RunMetrics.Where(point => point.StepId == stepId && point.Examples > resumeFromExamples).ExecuteDeleteAsync(cancellationToken);
        }, cancellationToken);

    /// <returns>The run's status: Cancelling means stop at the next checkpoint.</returns>
    public async Task<Result<RunStatus>> ReportAsync(
        Claim claim, Guid stepId, StepProgress progress, IReadOnlyList<MetricPoint> points, CancellationToken cancellationToken) =>
        await WriteStepAsync(claim, stepId, (context, step) =>
        {
            step.Report(progress);
            var now = clock.GetUtcNow();
            foreach (var point in points.Where(point => double.IsFinite(point.Value)))
                context.RunMetrics.Add(new RunMetric
                {
                    RunId = step.RunId,
                    StepId = stepId,
                    TaskId = point.TaskId,
                    Name = point.Name,
                    Examples = point.Examples,
                    Value = point.Value,
                    At = now,
                });
            return Task.CompletedTask;
        }, cancellationToken);

    public async Task<Result<RunStatus>> CompleteStepAsync(Claim claim, Guid stepId, string? resultJson, CancellationToken cancellationToken) =>
        await WriteStepAsync(claim, stepId, (_, step) =>
        {
            step.Complete(resultJson, clock.GetUtcNow());
            return Task.CompletedTask;
        }, cancellationToken);

    public async Task<Result<RunStatus>> FailStepAsync(Claim claim, Guid stepId, string error, CancellationToken cancellationToken) =>
        await WriteStepAsync(claim, stepId, (_, step) =>
        {
            step.Fail(error, clock.GetUtcNow());
            return Task.CompletedTask;
        }, cancellationToken);

    /// <summary>Changes one task's part in the run: its decision, scores or whether it is high-resource.</summary>
    public async Task<Result<RunStatus>> ChangeTaskAsync(Claim claim, Guid taskId, Action<RunTask> change, CancellationToken cancellationToken) =>
        await WriteAsync(claim, async (context, run) =>
            change(await context.RunTasks.SingleAsync(task => task.RunId == run.Id && task.TaskId == taskId, cancellationToken)), cancellationToken);

    public async Task<Result<RunStatus>> LogAsync(Claim claim, RunEventSeverity severity, string message, CancellationToken cancellationToken) =>
        await WriteAsync(claim, (context, run) =>
        {
            AddEvent(context, run, severity, message);
            return Task.CompletedTask;
        }, cancellationToken);

    public async Task<Result<RunStatus>> FailAsync(Claim claim, string error, CancellationToken cancellationToken) =>
        await WriteAsync(claim, (context, run) =>
        {
            run.Fail(error, clock.GetUtcNow());
            AddEvent(context, run, RunEventSeverity.Error, error);
            return Task.CompletedTask;
        }, cancellationToken);

    public async Task<Result<RunStatus>> ConfirmCancelledAsync(Claim claim, CancellationToken cancellationToken) =>
        await WriteAsync(claim, (context, run) =>
        {
            run.ConfirmCancelled(clock.GetUtcNow());
            AddEvent(context, run, RunEventSeverity.Warning, "The run stopped because it was cancelled.");
            return Task.CompletedTask;
        }, cancellationToken);

    /// <returns>Paused, or what the run has become meanwhile.</returns>
    public async Task<Result<RunStatus>> ConfirmPausedAsync(Claim claim, string where, CancellationToken cancellationToken) =>
        await WriteAsync(claim, (context, run) =>
        {
            run.ConfirmPaused();
            if (run.Status == RunStatus.Paused)
                AddEvent(context, run, RunEventSeverity.Note, $"{where}: the run is paused; resumed, it goes on from here.");
            return Task.CompletedTask;
        }, cancellationToken);

    private void AddEvent(PlatformDbContext context, FineTuningRun run, RunEventSeverity severity, string message) =>
        context.RunEvents.Add(new RunEvent { RunId = run.Id, At = clock.GetUtcNow(), Severity = severity, Message = message });

    private async Task<Result<RunStatus>> WriteStepAsync(
        Claim claim, Guid stepId, Func<PlatformDbContext, RunStep, Task> change, CancellationToken cancellationToken) =>
        await WriteAsync(claim, async (context, run) =>
            await change(context, await context.RunSteps.SingleAsync(step => step.Id == stepId && step.RunId == run.Id, cancellationToken)), cancellationToken);

    private async Task<Result<RunStatus>> WriteAsync(Claim claim, Func<PlatformDbContext, FineTuningRun, Task> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<FineTuningRun>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);

        var run = await context.Runs.SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        await change(context, run);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return run.Status;
    }
}

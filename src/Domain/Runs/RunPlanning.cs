using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Datasets;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Runs;

/// <param name="Name">Empty: the recipe's name and the run's number.</param>
/// <param name="BaseModel">Folder of the base model.</param>
public sealed record RunRequest(string? Name, IReadOnlyList<Guid> TaskIds, Recipe Recipe, string BaseModel);

/// <summary>Queues runs and cancels them. Jobs picks up what is queued.</summary>
public sealed class RunPlanning(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Each task takes part with its newest dataset version, which has to be Ready.</summary>
    public async Task<Result<FineTuningRun>> PlanAsync(Actor actor, RunRequest request, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("plan a run") is { } refusal)
            return refusal;

        List<Error> errors = [.. request.Recipe.Validate()];
        if (request.TaskIds.Count == 0)
            errors.Add(RunErrors.NoTasks());
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var versions = await NewestVersionsAsync(context, request.TaskIds, errors, cancellationToken);
        if (errors.Count > 0)
            return Result.Failure<FineTuningRun>(errors);

        var run = await NewRunAsync(context, actor, request, cancellationToken);
        foreach (var version in versions)
            run.Tasks.Add(new RunTask
            {
                RunId = run.Id,
                TaskId = version.TaskId,
                DatasetVersionId = version.Id,
                TrainRows = version.TrainRows,
                TestRows = version.TestRows,
            });
        context.Runs.Add(run);
        AuditTrail.Add(context, run.CreatedAt, actor, "run.planned", nameof(FineTuningRun), run.Id, after: new
        {
            run.Number,
            run.Name,
            run.BaseModel,
            Recipe = request.Recipe,
            Data = versions.Select(version => new { Task = version.Task!.Name, version.Number, version.Sha256 }),
        });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return run;
    }

    /// <summary>A queued run is cancelled at once; a running one stops at its next step.</summary>
    public async Task<Result<RunStatus>> CancelAsync(Actor actor, Guid runId, string reason, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("cancel a run") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var run = await context.Runs.SingleOrDefaultAsync(found => found.Id == runId, cancellationToken);
        if (run is null)
            return RunErrors.Unknown(runId);
        if (run.IsOver)
            return RunErrors.Over(run);

        var before = run.Status;
        var now = clock.GetUtcNow();
        run.RequestCancel(now);
        context.RunEvents.Add(new RunEvent { RunId = runId, At = now, Severity = RunEventSeverity.Warning, Message = $"Cancelled by {actor.Name}." });
        AuditTrail.Add(context, now, actor, "run.cancelled", nameof(FineTuningRun), run.Id, new { Status = before }, new { run.Status }, reason);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return run.Status;
    }

    /// <summary>Queues a failed run again, after its reason was mended. It goes on where it stopped.</summary>
    public async Task<Result<RunStatus>> RetryAsync(Actor actor, Guid runId, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("try a run again") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var run = await context.Runs.SingleOrDefaultAsync(found => found.Id == runId, cancellationToken);
        if (run is null)
            return RunErrors.Unknown(runId);
        if (run.Status != RunStatus.Failed)
            return RunErrors.NotFailed(run);

        var before = new { run.Status, run.Error };
        var now = clock.GetUtcNow();
        run.Retry();
        context.RunEvents.Add(new RunEvent { RunId = runId, At = now, Severity = RunEventSeverity.Note, Message = $"Queued again by {actor.Name}; what was done stays done." });
        AuditTrail.Add(context, now, actor, "run.retried", nameof(FineTuningRun), run.Id, before, new { run.Status });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return run.Status;
    }

    private static async Task<List<DatasetVersion>> NewestVersionsAsync(
        PlatformDbContext context, IReadOnlyList<Guid> taskIds, List<Error> errors, CancellationToken cancellationToken)
    {
        List<DatasetVersion> versions = [];
        foreach (var id in taskIds.Distinct())
        {
            var task = await context.Tasks.SingleOrDefaultAsync(found => found.Id == id, cancellationToken);
            if (task is null)
            {
                errors.Add(TaskErrors.Unknown(id.ToString()));
                continue;
            }

            var version = await context.DatasetVersions.Where(found => found.TaskId == id)
                .OrderByDescending(found => found.Number).FirstOrDefaultAsync(cancellationToken);
            if (task.ArchivedAt is not null)
                errors.Add(RunErrors.Archived(task.Name));
            else if (version is null)
                errors.Add(RunErrors.NoData(task.Name));
            else if (version.Status != DatasetStatus.Ready)
                errors.Add(RunErrors.NotReady(task.Name, version));
            else
                versions.Add(version);
        }

        return versions;
    }

    private async Task<FineTuningRun> NewRunAsync(PlatformDbContext context, Actor actor, RunRequest request, CancellationToken cancellationToken)
    {
        var number = await context.Runs.NextAsync(run => run.Number, cancellationToken);
        return new FineTuningRun
        {
            Number = number,
            Name = string.IsNullOrWhiteSpace(request.Name) ? $"{request.Recipe.Name} {number}" : request.Name.Trim(),
            RecipeJson = request.Recipe.ToJson(),
            BaseModel = request.BaseModel,
            RequestedByUserId = actor.UserId,
            RequestedByName = actor.Name,
            CreatedAt = clock.GetUtcNow(),
        };
    }
}

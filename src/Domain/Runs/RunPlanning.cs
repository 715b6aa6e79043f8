using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Users;

namespace Platform.Domain.Runs;

/// <param name="Name">Empty: the recipe's name and the run's number.</param>
/// <param name="TaskIds">Empty: the tasks that the recipe names.</param>
/// <param name="BaseModel">Folder of the base model.</param>
public sealed record RunRequest(string? Name, IReadOnlyList<Guid> TaskIds, Recipe Recipe, string BaseModel)
{
    /// <summary>A stage that was trained elsewhere; the run does what follows it. Its recipe then holds every task's decision as an override.</summary>
    public OutsideTraining? Outside { get; init; }
}

/// <summary>Queues runs and cancels them. Jobs picks up what is queued.</summary>
public sealed class RunPlanning(IDbContextFactory<PlatformDbContext> contexts, IOptions<PlatformOptions> options, TimeProvider clock)
{
    /// <summary>Each task takes part with the dataset version that the recipe names, else with its newest; it has to be Ready.</summary>
    public async Task<Result<FineTuningRun>> PlanAsync(Actor actor, RunRequest request, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("plan a run") is { } refusal)
            return refusal;

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var made = await MakeAsync(context, actor, request, cancellationToken);
        if (made.IsFailure)
            return Result.Failure<FineTuningRun>(made.Errors);

        var (run, recipe) = made.Value;
        context.Runs.Add(run);
        if (request.Outside is null)
            await RunForecasts.AttachAsync(context, run, recipe, cancellationToken);
        AuditTrail.Add(context, run.CreatedAt, actor, request.Outside is null ? "run.planned" : "run.imported", nameof(FineTuningRun), run.Id, after: new
        {
            run.Number,
            run.Name,
            run.BaseModel,
            Recipe = recipe,
            request.Outside,
        });
        foreach (var (task, decided) in recipe.Filter.Overrides)
            AuditTrail.Add(
                context, run.CreatedAt, actor, "run.task_overridden", nameof(FineTuningRun), run.Id, after: new { Task = task, decided.Decision }, reason: decided.Reason);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return run;
    }

    /// <summary>The run that <see cref="PlanAsync"/> would queue, with its tasks and their data, for those who only want to look. Nothing is stored.</summary>
    public async Task<Result<FineTuningRun>> DraftAsync(Actor actor, RunRequest request, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("plan a run") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var made = await MakeAsync(context, actor, request, cancellationToken);
        return made.IsSuccess ? made.Value.Run : Result.Failure<FineTuningRun>(made.Errors);
    }

    /// <summary>The run with its tasks, and its whole recipe; or every problem.</summary>
    private async Task<Result<(FineTuningRun Run, Recipe Recipe)>> MakeAsync(
        PlatformDbContext context, Actor actor, RunRequest request, CancellationToken cancellationToken)
    {
        List<Error> errors = [.. request.Recipe.Validate()];
        var versions = await RunVersions.FindAsync(context, request, errors, cancellationToken);
        var runId = Guid.CreateVersion7();
        if (errors.Count == 0 && request.Outside is null)
            request = request with { Recipe = await FilterContests.TakeUpAsync(context, request.Recipe, runId, versions.ToDictionary(version => version.TaskId, version => version.Task!.Name), cancellationToken) };
        if (versions.Count > 0 && versions.All(version => request.Recipe.Filter.Overrides.GetValueOrDefault(version.Task!.Name)?.Decision == OverrideDecision.Isolated))
            errors.Add(FilterErrors.EveryoneIsolated());
        if (errors.Count > 0)
            return Result.Failure<(FineTuningRun, Recipe)>(errors);
        var recipe = RunVersions.Resolve(request, versions, options.Value.BaseModelFolder);
        var run = await NewRunAsync(context, actor, runId, request with { Recipe = recipe }, cancellationToken);
        run.Tasks.AddRange(versions.Select(version => new RunTask
        {
            RunId = run.Id,
            TaskId = version.TaskId,
            Task = version.Task,
            DatasetVersionId = version.Id,
            DatasetVersion = version,
            TrainRows = version.TrainRows,
            AnswerBits = version.AnswerBits,
            TestRows = version.TestRows,
        }));
        return (run, recipe);
    }

    /// <summary>A queued run is cancelled at once; a running one stops at its next step.</summary>
    public async Task<Result<RunStatus>> CancelAsync(Actor actor, Guid runId, string reason, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("cancel a run") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
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
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
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

    private async Task<FineTuningRun> NewRunAsync(PlatformDbContext context, Actor actor, Guid id, RunRequest request, CancellationToken cancellationToken)
    {
        var number = await context.Runs.NextAsync(run => run.Number, cancellationToken);
        return new FineTuningRun
        {
            Id = id,
            Number = number,
            Name = string.IsNullOrWhiteSpace(request.Name) ? $"{request.Recipe.Name} {number}" : request.Name.Trim(),
            RecipeJson = request.Recipe.ToJson(),
            BaseModel = request.BaseModel,
            OutsideJson = request.Outside?.ToJson(),
            RequestedByUserId = actor.UserId,
            RequestedByName = actor.Name,
            CreatedAt = clock.GetUtcNow(),
        };
    }
}

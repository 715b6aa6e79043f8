using System.Linq.Expressions;
using Platform.Domain.Claims;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Runs;

/// <summary>One execution of the three-stage method over a set of tasks.</summary>
public sealed class FineTuningRun : IClaimable<FineTuningRun>
{
    public static Expression<Func<FineTuningRun, bool>> HasWork { get; } =
        run => run.Status == RunStatus.Queued || run.Status == RunStatus.Running || run.Status == RunStatus.Cancelling || run.Status == RunStatus.Pausing;

    private string recipeJson = "";

    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>1, 2, 3 ...: what people see.</summary>
    public required int Number { get; init; }

    public required string Name { get; init; }

    public RunStatus Status { get; private set; } = RunStatus.Queued;

    /// <summary>The resolved <see cref="Recipe"/>: every default written out, the data and the base model by their hashes.</summary>
    public required string RecipeJson
    {
        get => recipeJson;
        init => recipeJson = value;
    }

    /// <summary>What the run was expected to take, as <see cref="RunForecast"/>; null until that was measured.</summary>
    public string? ForecastJson { get; private set; }

    /// <summary>The stage that was trained elsewhere, as <see cref="OutsideTraining"/>; null for a run that trains all of it here.</summary>
    public string? OutsideJson { get; init; }

    /// <summary>Folder or name of the base model.</summary>
    public required string BaseModel { get; init; }

    public Guid? RequestedByUserId { get; init; }

    public required string RequestedByName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    public string? Error { get; private set; }

    public Guid? ModelVersionId { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public List<RunTask> Tasks { get; } = [];

    public List<RunStep> Steps { get; } = [];

    public bool IsOver => Status is RunStatus.Cancelled or RunStatus.Succeeded or RunStatus.Failed;

    /// <summary>Queued → Running. A run that is Running already resumes.</summary>
    public void Start(DateTimeOffset at)
    {
        Require(RunStatus.Queued, RunStatus.Running);
        Status = RunStatus.Running;
        StartedAt ??= at;
    }

    /// <summary>A queued run is paused at once, a running one at its next update.</summary>
    public void RequestPause()
    {
        Require(RunStatus.Queued, RunStatus.Running);
        Status = Status == RunStatus.Queued ? RunStatus.Paused : RunStatus.Pausing;
    }

    /// <summary>Pausing → Paused. One that was resumed or cancelled meanwhile stays as it is.</summary>
    public void ConfirmPaused()
    {
        if (Status == RunStatus.Pausing)
            Status = RunStatus.Paused;
    }

    /// <summary>Goes on where it stopped; a pause that did not come about yet is taken back.</summary>
    public void Resume()
    {
        Require(RunStatus.Pausing, RunStatus.Paused);
        Status = Status == RunStatus.Pausing ? RunStatus.Running : RunStatus.Queued;
    }

    /// <summary>What the run is expected to take; the first one stays.</summary>
    public void Forecast(string forecastJson) => ForecastJson ??= forecastJson;

    /// <summary>A queued run is cancelled at once, any other at its next step: whoever worked on it clears up.</summary>
    public void RequestCancel(DateTimeOffset at)
    {
        Require(RunStatus.Queued, RunStatus.Running, RunStatus.Cancelling, RunStatus.Pausing, RunStatus.Paused);
        if (Status == RunStatus.Queued)
            End(RunStatus.Cancelled, at);
        else
            Status = RunStatus.Cancelling;
    }

    public void ConfirmCancelled(DateTimeOffset at)
    {
        Require(RunStatus.Cancelling);
        End(RunStatus.Cancelled, at);
    }

    public void Succeed(Guid modelVersionId, DateTimeOffset at)
    {
        Require(RunStatus.Running, RunStatus.Cancelling, RunStatus.Pausing);
        ModelVersionId = modelVersionId;
        End(RunStatus.Succeeded, at);
    }

    public void Fail(string error, DateTimeOffset at)
    {
        Require(RunStatus.Queued, RunStatus.Running, RunStatus.Cancelling, RunStatus.Pausing);
        Error = error;
        End(RunStatus.Failed, at);
    }

    /// <summary>Failed → Queued. Steps that are done stay done; the one that failed goes on from its checkpoint.</summary>
    public void Retry()
    {
        Require(RunStatus.Failed);
        Status = RunStatus.Queued;
        Error = null;
        EndedAt = null;
    }

    /// <summary>Writes down which base model the recipe's name meant, once its files were read.</summary>
    public void ResolveBaseModel(Recipe recipe, string sha256)
    {
        Require(RunStatus.Running, RunStatus.Cancelling, RunStatus.Pausing);
        recipeJson = (recipe with { BaseModelSha256 = sha256 }).ToJson();
    }

    private void End(RunStatus status, DateTimeOffset at)
    {
        Status = status;
        EndedAt = at;
    }

    private void Require(params ReadOnlySpan<RunStatus> allowed)
    {
        if (!allowed.Contains(Status))
            throw new InvalidOperationException($"Run {Number} is {Status}, which does not allow this.");
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Models.Reports;

public static class ReportErrors
{
    public static Error NotEvaluated(int version, string task) =>
        Error.NotFound("evaluation_unknown", $"Model version {version} was not evaluated on the task '{task}'. The task's page lists the versions that were.", "task");

    public static Error Unreadable(string path, string problem) =>
        Error.Storage("report_unreadable", $"The report '{path}' cannot be read: {problem} Evaluate the task again by a new run, or restore the artifact from a backup.");
}

/// <summary>Evaluation reports as pages and terminals show them. They hold rows of the task's data, so only those see one who may see the task.</summary>
public sealed class TaskReports(TaskCatalog catalog, ModelRegistry registry, ArtifactStore store)
{
    private const string ReportFile = "report.json";
    private const int VersionsMax = 50;

    private sealed record Found(ModelVersion Version, TaskEvaluation Evaluation, EvaluationReport? Report);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals | JsonNumberHandling.AllowReadingFromString,
    };

    /// <param name="against">Another version to compare with, where that is wished.</param>
    public async Task<Result<TaskReport>> FindAsync(Actor actor, int version, string task, int? against, CancellationToken cancellationToken)
    {
        var visible = await catalog.FindAsync(actor, task, cancellationToken);
        if (visible.IsFailure)
            return Result.Failure<TaskReport>(visible.Errors);
        var one = await OneAsync(version, visible.Value, cancellationToken);
        if (one.IsFailure)
            return Result.Failure<TaskReport>(one.Errors);

        var (model, evaluation, report) = one.Value;
        var others = await registry.EvaluationsOfAsync(visible.Value.Id, VersionsMax, cancellationToken);
        OtherVersionReport? other = null;
        if (against is { } number && number != version)
        {
            var second = await OneAsync(number, visible.Value, cancellationToken);
            if (second.IsFailure)
                return Result.Failure<TaskReport>(second.Errors);
            var (_, otherEvaluation, otherReport) = second.Value;
            other = new OtherVersionReport(
                number, otherEvaluation, otherReport, report?.AgainstVersion(number) ?? otherReport?.AgainstVersion(version)?.Reversed($"version {number}"));
        }

        return new TaskReport(model, evaluation, report, [.. others.Select(found => found.Number).Where(found => found != version)], other);
    }

    private async Task<Result<Found>> OneAsync(
        int version, TaskDefinition task, CancellationToken cancellationToken)
    {
        var found = await registry.FindAsync(version, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<Found>(found.Errors);
        if (found.Value.Evaluations.Find(one => one.TaskId == task.Id) is not { } evaluation)
            return ReportErrors.NotEvaluated(version, task.Name);
        if (evaluation is not { ReportPath: { } path, ReportSha256: { } sha256 })
            return new Found(found.Value, evaluation, null);

        var whole = await store.VerifyAsync(path, sha256, cancellationToken);
        if (whole.IsFailure)
            return Result.Failure<Found>(whole.Errors);
        var opened = await store.OpenAsync(path, cancellationToken);
        if (opened.IsFailure)
            return Result.Failure<Found>(opened.Errors);
        using var files = opened.Value;
        try
        {
            await using var file = File.OpenRead(Path.Combine(files.Path, ReportFile));
            return new Found(found.Value, evaluation, await JsonSerializer.DeserializeAsync<EvaluationReport>(file, Json, cancellationToken));
        }
        catch (JsonException exception)
        {
            return ReportErrors.Unreadable(path, exception.Message);
        }
    }
}

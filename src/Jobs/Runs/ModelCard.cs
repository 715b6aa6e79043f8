using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;

namespace Platform.Jobs.Runs;

/// <summary>
/// model-card.json beside the weights: where they come from and what was measured. It holds no clock time, so that writing it
/// again after a crash gives the same artifact.
/// </summary>
internal static class ModelCard
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write(StepContext step, EvaluationOutcome evaluation, string folder)
    {
        using var recipe = JsonDocument.Parse(step.Run.RecipeJson);
        var forecast = RunForecast.Parse(step.Run.ForecastJson);
        var card = new
        {
            Run = new { step.Run.Number, step.Run.Name, RequestedBy = step.Run.RequestedByName },
            Outside = OutsideTraining.Parse(step.Run.OutsideJson),
            BaseModel = new { Name = step.Run.BaseModel, Sha256 = step.BaseModelSha256 },
            Recipe = recipe.RootElement,
            Tasks = step.Tasks.Select(task => new
            {
                task.Task!.Name,
                task.Task.Kind,
                task.TrainRows,
                Dataset = new { task.DatasetVersion!.Number, task.DatasetVersion.Sha256 },
                task.Decision,
                task.Reason,
                task.HighResource,
                Baseline = step.Result<BaselineOutcome>(RunStepKind.Baseline, task.TaskId),
                Adapter = step.Result<TrainingOutcome>(RunStepKind.Adapter, task.TaskId),
                Evaluation = evaluation.Tasks.Single(outcome => outcome.TaskId == task.TaskId),
            }),
            Steps = step.Run.Steps.Select(done => new
            {
                done.Kind,
                Task = step.Tasks.SingleOrDefault(task => task.TaskId == done.TaskId)?.Task!.Name,
                Forecast = forecast?.Of(done) is { } expected ? new { expected.Seconds, expected.Tokens, expected.PeakBytes } : null,
                Real = new { Seconds = done.DeviceMicroseconds / 1e6, Tokens = done.TokensDone },
            }),
            Stage0 = step.Result<TrainingOutcome>(RunStepKind.Stage0),
            Stage2 = step.Result<TrainingOutcome>(RunStepKind.Stage2),
            Stage3 = step.Result<TrainingOutcome>(RunStepKind.Stage3),
        };
        File.WriteAllText(Path.Combine(folder, "model-card.json"), JsonSerializer.Serialize(card, Json));
    }
}

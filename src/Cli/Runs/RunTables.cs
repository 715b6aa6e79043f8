using System.Text.Json;
using Platform.Cli.Terminal;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Spectre.Console;

namespace Platform.Cli.Runs;

/// <summary>A run's result for people and for scripts.</summary>
internal static class RunTables
{
    public static Table Result(FineTuningRun run)
    {
        var table = new Table().Border(TableBorder.Minimal)
            .AddColumns("Task", "Rows", "Single-task", "Multi-task", "95 % interval", "Difference", "Decision", "Why");
        foreach (var task in ByRows(run))
            table.AddRow(Cells.Plain(
                task.Task!.Name, $"{task.TrainRows:N0}", Cells.Score(task.SingleScore), Cells.Score(task.MultiScore),
                task is { Low: { } low, High: { } high } ? $"{Cells.Score(low)} to {Cells.Score(high)}" : "",
                task is { DifferenceLow: { } from, DifferenceHigh: { } to } ? $"{100 * from:+0.0;-0.0;0.0} to {100 * to:+0.0;-0.0;0.0}" : "",
                task.Decision.ToString().ToLowerInvariant(), task.Reason));
        return table;
    }

    public static object AsJson(FineTuningRun run) => new
    {
        run = run.Number,
        run.Name,
        run.Status,
        run.Error,
        run.CreatedAt,
        run.StartedAt,
        run.EndedAt,
        run.ModelVersionId,
        recipe = JsonDocument.Parse(run.RecipeJson).RootElement,
        forecast = RunForecast.Parse(run.ForecastJson) is { } forecast ? ForecastTables.AsJson(forecast) : null,
        steps = run.Steps.Select(step => new
        {
            step.Kind, task = StepText.TaskName(run, step.TaskId), step.Status, step.ExamplesDone, step.ExamplesTotal, step.TokensDone,
            step.DeviceMicroseconds, step.Loss, step.ExamplesPerSecond, step.EtaSeconds, step.StartedAt, step.EndedAt, step.Error,
            result = step.ResultJson is { } json ? JsonElement.Parse(json) : (JsonElement?)null,
        }),
        tasks = ByRows(run).Select(task => new
        {
            task = task.Task!.Name, task.Task.Metric, dataset_version = task.DatasetVersion?.Number, task.TrainRows, task.TestRows, task.HighResource, task.Decision, task.Reason,
            task.SingleScore, task.MultiScore, task.Low, task.High, task.DifferenceLow, task.DifferenceHigh, task.ServedBy,
        }),
    };

    private static IEnumerable<RunTask> ByRows(FineTuningRun run) =>
        run.Tasks.OrderByDescending(task => task.TrainRows).ThenBy(task => task.Task!.Name, StringComparer.Ordinal);
}

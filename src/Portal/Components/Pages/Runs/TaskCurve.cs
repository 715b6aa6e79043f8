using System.Globalization;
using Platform.Domain.Runs;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>A stage on the axis of examples.</summary>
public sealed record CurveStage(string Name, long From, long To);

/// <summary>One task's validation loss through all stages, on one axis.</summary>
public sealed record TaskCurve(string Task, IReadOnlyList<CurveStage> Stages, IReadOnlyList<(long Examples, double Loss)> Points)
{
    private static readonly RunStepKind[] Trained = [RunStepKind.Stage2, RunStepKind.Stage3];

    public double Highest => Points.Max(point => point.Loss);

    public long Last => Math.Max(1, Stages[^1].To);

    public string Summary
    {
        get
        {
            var best = Points.MinBy(point => point.Loss);
            return string.Create(CultureInfo.InvariantCulture, $"{Formats.Loss(Points[0].Loss)} first, {Formats.Loss(best.Loss)} at best after {best.Examples:N0} examples, {Formats.Loss(Points[^1].Loss)} last");
        }
    }

    public static IReadOnlyList<TaskCurve> Of(RunView view)
    {
        List<(RunStep Step, CurveStage Stage)> stages = [];
        foreach (var step in view.Steps.Where(step => Trained.Contains(step.Kind) && step.ExamplesTotal > 0).OrderBy(step => step.Ordinal))
        {
            var from = stages.Count == 0 ? 0 : stages[^1].Stage.To;
            var length = step.Status == RunStepStatus.Done ? step.ExamplesDone : Math.Max(step.ExamplesDone, step.ExamplesTotal);
            stages.Add((step, new CurveStage(step.Kind == RunStepKind.Stage2 ? "Stage 2" : "Stage 3", from, from + length)));
        }

        var starts = stages.ToDictionary(stage => stage.Step.Id, stage => stage.Stage.From);
        return [.. view.Metrics
            .Where(point => point is { Name: "validation_loss", TaskId: not null } && starts.ContainsKey(point.StepId))
            .GroupBy(point => point.TaskId!.Value)
            .Select(group => new TaskCurve(
                view.NameOf(group.Key), [.. stages.Select(stage => stage.Stage)],
                [.. group.Select(point => (starts[point.StepId] + point.Examples, point.Value)).OrderBy(point => point.Item1)]))
            .OrderBy(curve => curve.Task, StringComparer.Ordinal)];
    }
}

using Platform.Cli.Terminal;
using Platform.Domain.Runs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Platform.Cli.Runs;

/// <summary>A run as a table that redraws itself: all steps, then each task's newest validation loss and the newest event.</summary>
internal sealed class LiveRunView(LiveDisplayContext display) : IRunView
{
    private const int BarWidth = 8;
    private readonly SortedDictionary<string, double> validation = new(StringComparer.Ordinal);
    private RunEvent? newest;

    /// <summary>Follows a run with whatever the output can show.</summary>
    public static async Task<FineTuningRun> FollowAsync(RunFollower follower, int number, Output output, CancellationToken cancellationToken)
    {
        if (!output.IsLive)
            return await follower.FollowAsync(number, new PlainRunView(output.Line), cancellationToken);
        return await output.Console.Live(new Text("")).Overflow(VerticalOverflow.Ellipsis)
            .StartAsync(display => follower.FollowAsync(number, new LiveRunView(display), cancellationToken));
    }

    public void Show(RunSnapshot snapshot)
    {
        foreach (var point in snapshot.Metrics.Where(point => point.Name == "validation_loss"))
            if (StepText.TaskName(snapshot.Run, point.TaskId) is { } task)
                validation[task] = point.Value;
        newest = snapshot.Events.Count > 0 ? snapshot.Events[^1] : newest;
        display.UpdateTarget(Picture(snapshot));
    }

    private Rows Picture(RunSnapshot snapshot)
    {
        var table = new Table().Border(TableBorder.Minimal).Title($"Run {snapshot.Run.Number}: {snapshot.Run.Status}".EscapeMarkup())
            .AddColumn(new TableColumn("Step").NoWrap())
            .AddColumns("Progress", "Rows", "Loss", "Rows/s", "Time");
        foreach (var steps in Lines(snapshot.Run.Steps))
            AddLine(table, snapshot, steps);
        List<IRenderable> parts = [table];
        if (validation.Count > 0)
            parts.Add(new Text("Validation loss: " + string.Join("  ", validation.Select(pair => $"{pair.Key} {pair.Value:F3}"))));
        if (newest is not null)
            parts.Add(new Text($"{newest.At:HH:mm:ss}  {newest.Message}"));
        if (snapshot.Remark is { } remark)
            parts.Add(new Text(remark, new Style(Color.Yellow)));
        return new Rows(parts);
    }

    /// <summary>The steps that get a line. Those of one task each share one while they are not at work, so that all fits a small window.</summary>
    private static IEnumerable<IReadOnlyList<RunStep>> Lines(IEnumerable<RunStep> steps)
    {
        List<RunStep> idle = [];
        foreach (var step in steps)
        {
            var joins = step.TaskId is not null && step.Status is RunStepStatus.Pending or RunStepStatus.Done;
            if (idle.Count > 0 && !(joins && idle[0].Kind == step.Kind && idle[0].Status == step.Status))
            {
                yield return idle;
                idle = [];
            }

            if (joins)
                idle.Add(step);
            else
                yield return [step];
        }

        if (idle.Count > 0)
            yield return idle;
    }

    private static void AddLine(Table table, RunSnapshot snapshot, IReadOnlyList<RunStep> steps)
    {
        var step = steps[0];
        if (steps.Count == 1)
            table.AddRow(
                new Text(StepText.Title(snapshot.Run, step), Colour(step.Status)) { Overflow = Overflow.Ellipsis }, new Text(Bar(step)), new Text(StepText.Rows(step)),
                new Text(StepText.Loss(step)), new Text(StepText.Speed(step)), new Text(StepText.Time(step, snapshot.At)));
        else
            table.AddRow(
                new Text($"{StepText.Name(step.Kind)}: {steps.Count} tasks", Colour(step.Status)), new Text(Bar(step)),
                new Text($"{steps.Sum(one => step.Status == RunStepStatus.Done ? one.ExamplesDone : one.ExamplesTotal):N0}"), new Text(""), new Text(""), new Text(""));
    }

    private static string Bar(RunStep step)
    {
        if (step.Status == RunStepStatus.Done)
            return "done";
        if (step.Status == RunStepStatus.Failed)
            return "failed";
        var filled = (int)(BarWidth * (step.Progress ?? 0));
        return step.Status == RunStepStatus.Running ? $"{new string('█', filled)}{new string('░', BarWidth - filled)} {100 * (step.Progress ?? 0):F0} %" : "";
    }

    private static Style Colour(RunStepStatus status) => status switch
    {
        RunStepStatus.Running => new Style(Color.Aqua),
        RunStepStatus.Done => new Style(Color.Green),
        RunStepStatus.Failed => new Style(Color.Red),
        _ => Style.Plain,
    };
}

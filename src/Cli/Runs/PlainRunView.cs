using Platform.Cli.Terminal;
using Platform.Domain.Runs;

namespace Platform.Cli.Runs;

/// <summary>A run as lines of a log: each event, each step's start and end, and the running step every few seconds.</summary>
internal sealed class PlainRunView(Action<string> write) : IRunView
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly Dictionary<Guid, RunStepStatus> shown = [];
    private DateTimeOffset lastProgress = DateTimeOffset.MinValue;
    private string? lastRemark;

    public void Show(RunSnapshot snapshot)
    {
        foreach (var line in snapshot.Events)
            write($"{line.At:HH:mm:ss}  {(line.Severity == RunEventSeverity.Note ? "" : line.Severity.ToString().ToLowerInvariant() + ": ")}{line.Message}");
        foreach (var step in snapshot.Run.Steps)
            ShowChange(snapshot, step);
        ShowValidation(snapshot);
        if (snapshot.Remark is { } remark && remark != lastRemark)
            write(remark);
        lastRemark = snapshot.Remark;

        if (snapshot.At - lastProgress < Pause)
            return;
        lastProgress = snapshot.At;
        foreach (var step in snapshot.Run.Steps.Where(step => step is { Status: RunStepStatus.Running, ExamplesTotal: > 0 }))
            write($"{snapshot.At:HH:mm:ss}  {StepText.Title(snapshot.Run, step)}  {Figures(step, snapshot.At)}");
    }

    private void ShowChange(RunSnapshot snapshot, RunStep step)
    {
        var before = shown.GetValueOrDefault(step.Id, RunStepStatus.Pending);
        shown[step.Id] = step.Status;
        if (before == step.Status)
            return;
        var title = $"{snapshot.At:HH:mm:ss}  {StepText.Title(snapshot.Run, step)}";
        write(step.Status switch
        {
            RunStepStatus.Done => $"{title}: done  {Figures(step, snapshot.At)}",
            RunStepStatus.Failed => $"{title}: failed: {step.Error}",
            _ => $"{title}: started",
        });
    }

    private void ShowValidation(RunSnapshot snapshot)
    {
        var losses = snapshot.Metrics.Where(point => point is { Name: "validation_loss", TaskId: not null })
            .Select(point => (Task: StepText.TaskName(snapshot.Run, point.TaskId), point.Value)).Where(point => point.Task is not null).ToList();
        if (losses.Count > 0)
            write($"{snapshot.At:HH:mm:ss}  validation loss  {string.Join("  ", losses.Select(point => $"{point.Task} {point.Value:F3}"))}");
    }

    private static string Figures(RunStep step, DateTimeOffset now)
    {
        List<string> parts = [];
        if (step.ExamplesTotal > 0)
            parts.Add($"{StepText.Rows(step)} rows ({100 * step.Progress:F0} %)");
        if (step.Loss is not null)
            parts.Add($"loss {StepText.Loss(step)}");
        if (step.ExamplesPerSecond is not null)
            parts.Add($"{StepText.Speed(step)} rows/s");
        parts.Add(StepText.Time(step, now));
        return string.Join("  ", parts);
    }
}

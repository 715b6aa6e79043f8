using Platform.Cli.Terminal;
using Platform.Domain.Runs;

namespace Platform.Cli.Runs;

/// <summary>A step of a run in words and figures.</summary>
internal static class StepText
{
    public static string Name(RunStepKind kind) => kind switch
    {
        RunStepKind.CheckData => "Data rules",
        RunStepKind.Baseline => "Baseline",
        RunStepKind.Probe => "Stage 1: probe",
        RunStepKind.Stage0 => "Stage 0: the tasks' own texts",
        RunStepKind.Stage2 => "Stage 2: high-resource tasks",
        RunStepKind.Stage3 => "Stage 3: all kept tasks",
        RunStepKind.Adapter => "Adapter",
        RunStepKind.Evaluate => "Evaluation",
        RunStepKind.Register => "Registration",
        _ => kind.ToString(),
    };

    public static string Title(FineTuningRun run, RunStep step) =>
        TaskName(run, step.TaskId) is { } task ? $"{Name(step.Kind)}: {task}" : Name(step.Kind);

    public static string? TaskName(FineTuningRun run, Guid? taskId) =>
        taskId is { } id ? run.Tasks.FirstOrDefault(task => task.TaskId == id)?.Task?.Name : null;

    public static string Rows(RunStep step) => step.ExamplesTotal > 0 ? $"{step.ExamplesDone:N0}/{step.ExamplesTotal:N0}" : "";

    public static string Loss(RunStep step) => step.Loss is { } loss ? $"{loss:F3}" : "";

    public static string Speed(RunStep step) => step.ExamplesPerSecond is { } speed ? $"{speed:F0}" : "";

    /// <summary>What is left of a running step, or how long a finished one took.</summary>
    public static string Time(RunStep step, DateTimeOffset now) => step switch
    {
        { IsFinishing: true } => "finishing",
        { Status: RunStepStatus.Running, EtaSeconds: { } eta } => $"{Cells.Clock(TimeSpan.FromSeconds(eta))} left",
        { Status: RunStepStatus.Running, StartedAt: { } started } => Cells.Clock(now - started),
        { StartedAt: { } started, EndedAt: { } ended } => Cells.Clock(ended - started),
        _ => "",
    };
}

using Platform.Domain.Runs;

namespace Platform.Portal.Components.Pages.Runs;

public static class StepNames
{
    public static string Of(RunStepKind kind) => kind switch
    {
        RunStepKind.CheckData => "Data rules",
        RunStepKind.Baseline => "Single-task baseline",
        RunStepKind.Probe => "Stage 1: probe and filter",
        RunStepKind.Stage0 => "Stage 0: the tasks' own texts",
        RunStepKind.Stage2 => "Stage 2: high-resource tasks",
        RunStepKind.Stage3 => "Stage 3: all kept tasks",
        RunStepKind.Adapter => "Adapter",
        RunStepKind.Evaluate => "Evaluation",
        RunStepKind.Register => "Registration",
        _ => kind.ToString(),
    };
}

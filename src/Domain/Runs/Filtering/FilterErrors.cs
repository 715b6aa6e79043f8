using Platform.Domain.Results;

namespace Platform.Domain.Runs.Filtering;

public static class FilterErrors
{
    public static Error NoReason() => Error.Invalid("override_without_reason", "Say why: the reason is shown with the decision and kept in the audit log.", "reason");

    public static Error NoDecision() => Error.Invalid("override_without_decision", "Choose kept or isolated.", "decision");

    public static Error NotInRun(FineTuningRun run) => Error.NotFound("run_task_unknown", $"The task is not part of run {run.Number}.", "task");

    public static Error TooLate(FineTuningRun run) => Error.Conflict(
        "override_too_late", $"A stage of run {run.Number} has begun with the decisions as they are. Cancel the run and plan a new one with filter.overrides in its recipe.");

    public static Error EveryoneIsolated() => Error.Invalid(
        "override_everyone_isolated", "filter.overrides isolates every task, so no mixture would be left. Keep at least one.", "filter.overrides");

    public static Error NobodyLeft(string task) => Error.Conflict(
        "override_nobody_left", $"'{task}' is the last task of the mixture; keep another one first.", "decision");
}

using Platform.Domain.Datasets;
using Platform.Domain.Results;

namespace Platform.Domain.Runs;

public static class RunErrors
{
    public static Error Unknown(object run) => Error.NotFound("run_unknown", $"There is no run {run}.", "run");

    public static Error NoTasks() => Error.Invalid("run_without_tasks", "The run has no task; choose at least one.", "tasks");

    public static Error NoData(string task) => Error.Conflict("run_task_without_data", $"The task '{task}' has no dataset; upload one first.", "tasks");

    public static Error NotReady(string task, DatasetVersion version) => Error.Conflict(
        "run_task_not_ready",
        version.Status == DatasetStatus.Rejected
            ? $"Dataset version {version.Number} of the task '{task}' was rejected by the data check; see its findings, mend the files and upload them again."
            : $"Dataset version {version.Number} of the task '{task}' is still being checked ({version.Status}); wait until it is Ready.",
        "tasks");

    public static Error NotChosen(string task) => Error.Invalid(
        "run_task_not_chosen", $"The recipe names the task '{task}', which is not among the chosen ones; choose it as well, or take it out of the recipe's tasks.", "tasks");

    public static Error NoSuchVersion(string task, int version) => Error.NotFound(
        "run_version_unknown", $"The task '{task}' has no dataset version {version}; name one that it has, or leave datasetVersion out for the newest.", "tasks");

    public static Error OtherData(string task, DatasetVersion version) => Error.Conflict(
        "run_data_changed", $"Dataset version {version.Number} of the task '{task}' has the hash {version.Sha256}, not the one that the recipe names. Upload that data again, or take sha256 out of the recipe.", "tasks");

    public static Error Archived(string task) => Error.Conflict("run_task_archived", $"The task '{task}' is archived; leave it out.", "tasks");

    public static Error Over(FineTuningRun run) => Error.Conflict("run_over", $"Run {run.Number} is over already ({run.Status}).");

    public static Error NotPausable(FineTuningRun run) => Error.Conflict(
        "run_not_pausable", $"Run {run.Number} is {run.Status}; only a queued or running one can be paused.");

    public static Error NotPaused(FineTuningRun run) => Error.Conflict(
        "run_not_paused", $"Run {run.Number} is {run.Status}; only a paused one can be resumed.");

    public static Error NotFailed(FineTuningRun run) => Error.Conflict(
        "run_not_failed", $"Run {run.Number} is {run.Status}; only a failed run can be tried again. Plan a new run instead.");

    public static Error UnknownExport(string manifestSha256) => Error.NotFound(
        "run_export_unknown", $"No export with this manifest (SHA-256 {manifestSha256}) is on record here: manifest.json was changed, or another installation wrote it. Take the folder as it was exported, or export again.", "manifest");
}

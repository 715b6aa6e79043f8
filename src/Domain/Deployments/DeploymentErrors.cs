using Platform.Domain.Results;

namespace Platform.Domain.Deployments;

public static class DeploymentErrors
{
    public static Error Unknown(object deployment) => Error.NotFound("deployment_unknown", $"There is no deployment {deployment}.", "deployment");

    public static Error NotRequested(Deployment deployment) => Error.Conflict(
        "deployment_decided", $"Deployment {deployment.Number} is {deployment.Status}; only a requested one can be decided.");

    public static Error OwnRequest() => Error.Forbidden(
        "deployment_own_request", "You requested this deployment yourself; another admin has to decide it.");

    public static Error ReasonMissing() => Error.Invalid("deployment_reason_missing", "The decision has no reason; write one sentence that the audit log can show.", "reason");

    public static Error GateFailed(IReadOnlyList<string> tasks) => Error.Conflict(
        "deployment_gate_failed",
        $"The gate failed for {string.Join(", ", tasks)}: the shared model loses more than the task tolerates. Reject the deployment, or approve it with the explicit wish to accept the loss.",
        "accept_gate_failures");

    public static Error InProgress(Deployment deployment) => Error.Conflict(
        "deployment_in_progress", $"Deployment {deployment.Number} of this model version is {deployment.Status} already; wait until it is over.");

    public static Error WrongStatus(Deployment deployment, DeploymentStatus wanted) => Error.Conflict(
        "deployment_wrong_status", $"Deployment {deployment.Number} is {deployment.Status}, not {wanted}; look at it again.");

    public static Error ShareOutOfRange() => Error.Invalid("rollout_share_out_of_range", "A share of the traffic is a whole number from 0 to 100 percent.", "percent");

    public static Error ShareOfUnknownTask() => Error.Invalid("rollout_task_not_served", "A share is set for a task that the model version does not serve; leave it out.", "tasks");

    public static Error ShareTwice() => Error.Invalid("rollout_task_twice", "A task has two shares; keep one.", "tasks");

    public static Error ShareNothing() => Error.Invalid("rollout_share_zero", "With 0 percent for every task the deployment would meet no request; give at least one task a share.", "percent");

    public static Error UpstreamUnknown(string name, IEnumerable<string> known) => Error.Invalid(
        "upstream_unknown",
        $"There is no engine '{name}' in the settings{(known.Order(StringComparer.Ordinal).ToList() is { Count: > 0 } names ? $"; there are: {string.Join(", ", names)}" : "")}. Set Upstreams__{name}__Address and Upstreams__{name}__Kind on every host, or leave the engine out to serve it in the Api's own.",
        "upstream");

    public static Error NothingLive() => Error.Conflict("rollout_nothing_live", "Nothing is live yet, so there is nothing to compare with. Approve this deployment for all traffic.", "mode");

    public static Error TrialInProgress(Deployment trial) => Error.Conflict(
        "rollout_trial_in_progress", $"Deployment {trial.Number} is on trial; promote it or end its trial first.");

    public static Error NotOnTrial(Deployment deployment) => Error.Conflict(
        "deployment_not_on_trial", $"Deployment {deployment.Number} is {deployment.Status}; only one on trial can be changed, promoted or ended.");

    public static Error NothingToRollBackTo() => Error.Conflict("roll_back_impossible", "Nothing was live before what is live now, so there is nothing to go back to. Deploy another model version.");

    public static Error RollBackInProgress(Deployment deployment) => Error.Conflict("roll_back_in_progress", $"Deployment {deployment.Number} is being loaded already; wait until it is live.");

    public static Error PinTargetUnfit(string task, int number) => Error.Conflict(
        "pin_target_unfit", $"Deployment {number} never served '{task}'. Choose a retired deployment whose model version has the task.", "deployment");

    public static Error NotPinned(string task) => Error.NotFound("pin_unknown", $"The task '{task}' is not rolled back; what is live answers it already.", "task");
}

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
}

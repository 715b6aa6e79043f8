using Platform.Domain.Results;

namespace Platform.Domain.WhatIf;

public static class WhatIfErrors
{
    public static Error NoData(string task) => Error.Conflict(
        "what_if_without_data", $"The task '{task}' has no checked dataset; upload some hundred rows first, and wait until they are Ready.", "task");

    public static Error NoProbe() => Error.Conflict(
        "what_if_without_probe", "No run has left a probe yet. Plan a run with the filter strategy affinity or leaveOneOut; once its stage 1 is done, what-if can be asked.");

    public static Error Unknown(Guid id) => Error.NotFound("what_if_unknown", $"There is no estimate {id}.");
}

using Platform.Domain.Results;

namespace Platform.Api.Serving;

internal static class ServingErrors
{
    public static Error NotReady(string reason) => new("not_ready", 503, $"No model is serving yet. {reason}");

    public static Error TaskNotServed(string task, int modelVersion) => Error.NotFound(
        "task_not_served", $"The task '{task}' exists, but model version {modelVersion}, which serves now, was not trained on it. Deploy a version that was.", "task");

    public static Error InputTooLong(int index, int tokens, int limit) => Error.Invalid(
        "input_too_long",
        $"Input {index} makes a prompt of {tokens} tokens; the limit for this task is {limit}. Shorten the text; nothing is ever cut off silently.",
        $"inputs[{index}]");

    public static Error QueueFull(int waiting, int seconds) => new(
        "queue_full", 429, $"{waiting} inputs wait for the engine already, and this request would not fit behind them. Try again in {seconds} s, or send fewer inputs at once.")
    {
        RetryAfterSeconds = seconds,
    };

    /// <summary>The deployment is on its way out of memory; what serves now takes the request.</summary>
    public static Error Draining() => new("draining", 503, "The deployment that served this task is being replaced. Send the request again.") { RetryAfterSeconds = 1 };

    /// <summary>Nobody reads it: the connection is closed.</summary>
    public static Error CallerGone() => new("caller_gone", 499, "The caller went away before the answer was there.");

    public static Error Stopping() => new("stopping", 503, "The Api is stopping and takes no more requests. Send the request again; another replica, or this one after its start, will answer it.")
    {
        RetryAfterSeconds = 5,
    };

    public static Error TimedOut(TimeSpan limit, int inputs) => new(
        "timeout", 504, $"The engine did not get through the {inputs} inputs within {limit.TotalSeconds:0.###} s. Try again later, or send fewer inputs at once.");

    public static Error EngineFailed(int index) => new(
        "engine_failed", 500, $"The engine failed on input {index}, so nothing was answered. Leave that input out to get the others; if it stays, report the traceId.", $"inputs[{index}]");
}

using Platform.Domain.Results;

namespace Platform.Api.Serving;

internal static class ServingErrors
{
    public static Error NotReady(string reason) => new("not_ready", 503, $"No model is serving yet. {reason}");

    public static Error CannotAnswer(string reason) => new("cannot_answer", 503, reason) { RetryAfterSeconds = 5 };

    public static Error TaskNotServed(string task, int modelVersion) => Error.NotFound(
        "task_not_served", $"The task '{task}' exists, but model version {modelVersion}, which serves now, was not trained on it. Deploy a version that was.", "task");

    public static Error InputTooLong(int index, int tokens, int limit) => Error.Invalid(
        "input_too_long",
        $"Input {index} makes a prompt of {tokens} tokens; the limit for this task is {limit}. Shorten the text; nothing is ever cut off silently.",
        $"inputs[{index}]");

    public static Error QueueFull(string task, int seconds) => new(
        "queue_full", 429, $"The task '{task}' has as many inputs waiting as it may while others need room too. Try again in {seconds} s, or send fewer inputs at once.")
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

    public static Error DeadlineUnreachable(TimeSpan wait, int seconds) => new(
        "deadline_unreachable", 504, $"What waits before this request takes about {wait.TotalMilliseconds:0} ms, longer than the request can wait. Nothing was computed or billed. Try again in {seconds} s, or with a later deadline.")
    {
        RetryAfterSeconds = seconds,
    };

    public static Error DeadlineMissed() => new(
        "deadline_missed", 504, "The request's deadline passed before the engine could take all of its inputs. Try again later, with a later deadline, or with fewer inputs.");

    public static Error TimedOut(TimeSpan limit, int inputs) => new(
        "timeout", 504, $"The engine did not get through the {inputs} inputs within {limit.TotalSeconds:0.###} s. Try again later, or send fewer inputs at once.");

    /// <summary>Which engine, where and why is in the log and in /readyz: callers need not know what stands behind the Api.</summary>
    public static Error UpstreamAway() => new("engine_away", 503, "The engine that serves this task does not answer at the moment. What it did not answer was not billed. Send the request again.") { RetryAfterSeconds = 5 };

    public static Error UpstreamRefused(int index) => new(
        "engine_refused", 502, $"The engine that serves this task could not answer input {index}, so nothing was answered. If it stays so, report the traceId.", $"inputs[{index}]");

    public static Error EngineFailed(int index) => new(
        "engine_failed", 500, $"The engine failed on input {index}, so nothing was answered. Leave that input out to get the others; if it stays, report the traceId.", $"inputs[{index}]");
}

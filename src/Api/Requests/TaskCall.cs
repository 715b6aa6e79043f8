using Platform.Api.Serving;
using Platform.Domain.Keys;
using Platform.Domain.Rates;
using Platform.Engine.Generation;

namespace Platform.Api.Requests;

/// <summary>One text to answer, or two for tasks that compare.</summary>
/// <param name="Options">How it is answered, with a seed where it is sampled; null for the task's own way.</param>
internal sealed record TaskInput(string Text, string? Text2, GenerationOptions? Options = null);

/// <summary>A checked request of any route, on its way through <see cref="RequestPipeline"/>.</summary>
/// <param name="Deployment">What serves it, unless that is drained before the request gets in.</param>
/// <param name="Task">As that deployment serves it.</param>
/// <param name="Inputs">All are answered, in this order, or none.</param>
/// <param name="Key">Who pays.</param>
/// <param name="RequestId">Under which it is billed, once.</param>
/// <param name="Received">Timestamp of its arrival.</param>
internal sealed record TaskCall(
    ServedDeployment Deployment, DeployedTask Task, IReadOnlyList<TaskInput> Inputs, VerifiedKey Key, string RequestId, long Received)
{
    public RequestPriority Priority { get; init; } = RequestPriority.Online;

    /// <summary>How long after its arrival the answer is of use; the server's own limit when null.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Receives the text of inputs with options as it comes, on the engine's thread: it must be quick and never throw. Not yet on record.</summary>
    public Action<int, TextDelta>? OnDelta { get; init; }
}

/// <summary>What a call used. On record before the caller sees it.</summary>
internal sealed record CallUsage(long PromptTokens, long CachedTokens, long CompletionTokens, long DeviceMicroseconds, Money Cost);

/// <summary>The answers to a call.</summary>
/// <param name="By">What answered.</param>
/// <param name="Answers">One per input, in order.</param>
internal sealed record CallOutcome(ServedDeployment By, IReadOnlyList<Answer> Answers, CallUsage Usage);

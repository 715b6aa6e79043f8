using Platform.Domain.Results;
using Platform.Engine.Generation;

namespace Platform.Api.Serving;

/// <param name="Tokens">Of its prompt, under the model that it was checked against.</param>
/// <param name="Options">How it is answered; null for the task's own way.</param>
internal sealed record QueuedInput(string Text, string? Text2, int Tokens, GenerationOptions? Options = null);

/// <summary>How a request's stay in the engine ended.</summary>
/// <param name="By">What served it; null when it never got to the engine.</param>
/// <param name="Answers">One per input, in order; empty unless all of them were answered.</param>
/// <param name="Error">Why there is no answer; null also when the caller gave up.</param>
/// <param name="Cancelled">The caller gave up before all inputs were answered.</param>
/// <param name="DeviceMicroseconds">Its shares of the steps that it took part in; may be more than 0 without an answer.</param>
internal sealed record RequestOutcome(
    ServedDeployment? By, IReadOnlyList<Answer> Answers, Error? Error, bool Cancelled,
    long DeviceMicroseconds, long PromptTokens, long CachedTokens, long CompletionTokens)
{
    public RequestTimes Times { get; init; } = new();
}

/// <summary>A request on its way through the engine. Its progress belongs to the engine thread.</summary>
internal sealed class QueuedRequest(string task, IReadOnlyList<QueuedInput> inputs)
{
    // Without this, the handlers' code would run on the engine thread.
    private readonly TaskCompletionSource<RequestOutcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Answer?[] answers = new Answer?[inputs.Count];
    private readonly ((int Text, int Tokens) Sent, (int Text, int Tokens) Seen)[] delivered = new ((int, int), (int, int))[inputs.Count];
    private ServedDeployment? servedBy;
    private Error? error;
    private bool givenUp;
    private int answered;
    private long deviceMicroseconds;

    public string Task => task;

    public IReadOnlyList<QueuedInput> Inputs => inputs;

    public RequestPriority Priority { get; init; } = RequestPriority.Online;

    /// <summary>Its task's share beside other tasks.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Timestamp after which the answer is of no use.</summary>
    public long Deadline { get; init; } = long.MaxValue;

    public Task<RequestOutcome> Outcome => completion.Task;

    public RequestTimes Times { get; } = new();

    /// <summary>Receives what came to the answer of an input with options, on the engine's thread: it must be quick and never throw.</summary>
    public Action<int, TextDelta>? OnDelta { get; init; }

    /// <summary>Hands over what came to an answer, unless it was handed over before the input had to start again.</summary>
    public void Deliver(int index, TextDelta delta)
    {
        if (OnDelta is null)
            return;
        ref var progress = ref delivered[index];
        var text = delta.Text[Math.Clamp(progress.Sent.Text - progress.Seen.Text, 0, delta.Text.Length)..];
        IReadOnlyList<AnswerToken> tokens = [.. delta.Tokens.Skip(progress.Sent.Tokens - progress.Seen.Tokens)];
        progress.Seen = (progress.Seen.Text + delta.Text.Length, progress.Seen.Tokens + delta.Tokens.Count);
        progress.Sent = (progress.Sent.Text + text.Length, progress.Sent.Tokens + tokens.Count);
        if (text.Length > 0 || tokens.Count > 0)
            OnDelta(index, new TextDelta(text, tokens));
    }

    /// <summary>An input goes through the engine once more, because a step with it failed.</summary>
    public void StartAgain(int index) => delivered[index].Seen = default;

    /// <summary>How many inputs went into steps; guarded by the queue's lock.</summary>
    public int Taken { get; set; }

    /// <summary>The caller gave up. Written under the queue's lock; the engine thread looks at it before each step.</summary>
    public bool GivenUp
    {
        get => Volatile.Read(ref givenUp);
        set => Volatile.Write(ref givenUp, value);
    }

    public bool HasFailed => error is not null;

    public void AddTime(ServedDeployment deployment, long microseconds)
    {
        servedBy = deployment;
        deviceMicroseconds += microseconds;
    }

    public void Answer(int index, Answer answer)
    {
        answers[index] = answer;
        answered++;
    }

    /// <summary>One input that cannot be answered fails the request; the first reason stays.</summary>
    public void Fail(Error reason) => error ??= reason;

    /// <summary>Reports the end when there is nothing left to wait for.</summary>
    public void CompleteIfOver()
    {
        if (HasFailed || answered == inputs.Count)
            Complete(cancelled: false);
    }

    public void CompleteCancelled() => Complete(cancelled: true);

    private void Complete(bool cancelled)
    {
        var done = answers.OfType<Answer>().ToList();
        completion.TrySetResult(new RequestOutcome(
            servedBy, HasFailed || cancelled ? [] : done, error, cancelled, deviceMicroseconds,
            done.Sum(answer => (long)answer.PromptTokens), done.Sum(answer => (long)answer.CachedTokens), done.Sum(answer => (long)answer.CompletionTokens)) { Times = Times });
    }
}

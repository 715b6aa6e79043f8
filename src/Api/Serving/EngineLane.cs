using Platform.Domain.Results;

namespace Platform.Api.Serving;

/// <summary>One deployment's way through the engine: the requests that wait for it and the inputs that are in it.</summary>
internal sealed class EngineLane(ServedDeployment deployment, EngineStep step, int maxWaitingInputs, int maxStepInputs, TimeProvider clock)
{
    private readonly RequestQueue queue = new(maxWaitingInputs);
    private double microsecondsPerInput;
    private double microsecondsSinceAnswer;

    public ServedDeployment Deployment => deployment;

    public int WaitingInputs => queue.WaitingInputs;

    /// <summary>Closed, and everything that was taken in is answered.</summary>
    public bool IsDrained => queue.IsFinished && step.Running == 0;

    /// <summary>Completes when the engine thread has let go of the deployment.</summary>
    public TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null when the request waits now.</summary>
    public Error? Enqueue(QueuedRequest request)
    {
        if (queue.TryAdd(request))
            return null;
        return queue.IsClosed ? ServingErrors.Draining() : ServingErrors.QueueFull(queue.WaitingInputs, RetryAfterSeconds());
    }

    public void GiveUp(QueuedRequest request) => queue.GiveUp(request);

    /// <summary>Takes no more requests in; those that wait are still answered.</summary>
    public void Close() => queue.Close();

    /// <summary>Takes in what there is room for and computes one step. Only the engine thread calls it.</summary>
    /// <returns>False when there was nothing to do.</returns>
    public bool Advance()
    {
        var room = maxStepInputs - step.Running;
        var slots = room > 0 ? queue.Take(room) : [];
        if (slots.Count == 0 && step.Running == 0)
            return false;

        var started = clock.GetTimestamp();
        step.Admit(slots);
        Learn(step.Run(), clock.GetElapsedTime(started).TotalMicroseconds);
        return true;
    }

    public int FailAll() => step.FailAll();

    /// <summary>How long what waits now is likely to take.</summary>
    private int RetryAfterSeconds() =>
        (int)Math.Clamp(Math.Ceiling(queue.WaitingInputs * Volatile.Read(ref microsecondsPerInput) / 1_000_000), 1, 60);

    private void Learn(int answered, double microseconds)
    {
        microsecondsSinceAnswer += microseconds;
        if (answered == 0)
            return;
        var spent = microsecondsSinceAnswer / answered;
        microsecondsSinceAnswer = 0;
        Volatile.Write(ref microsecondsPerInput, microsecondsPerInput == 0 ? spent : 0.9 * microsecondsPerInput + 0.1 * spent);
    }
}

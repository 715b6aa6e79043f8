using Platform.Api.Setup;
using Platform.Domain.Results;

namespace Platform.Api.Serving;

/// <summary>One deployment's way through the engine: the requests that wait for it and the inputs that are in it.</summary>
internal sealed class EngineLane(ServedDeployment deployment, EngineStep step, ApiOptions options, TimeProvider clock)
{
    private const int BusyStepTimes = 4;

    /// <summary>Of the time until its deadline, a request may expect to wait and be computed for so much: an estimate is not a promise.</summary>
    private const double Prudence = 0.9;

    private static readonly TimeSpan CreditTime = TimeSpan.FromSeconds(1);

    private readonly RequestQueue queue = new(options.MaxQueuedInputs, options.BatchPercent);
    private readonly StepPace pace = new();
    private readonly object gate = new();
    private double microsecondsSinceComputed;
    private bool woken;

    public ServedDeployment Deployment => deployment;

    /// <summary>Set when an engine outside this process computes: the lane has a thread of its own then, which mostly waits.</summary>
    public IRemoteModel? Remote => deployment.Model as IRemoteModel;

    public int WaitingInputs => queue.WaitingInputs;

    /// <summary>Closed, and everything that was taken in is answered.</summary>
    public bool IsDrained => queue.IsFinished && step.Running == 0;

    /// <summary>Completes when the engine thread has let go of the deployment.</summary>
    public TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null when the request waits now.</summary>
    public Error? Enqueue(QueuedRequest request)
    {
        request.Times.Queued = clock.GetTimestamp();
        return Refusal(request, queue.Add(request, TokensInTime(request)));
    }

    private Error? Refusal(QueuedRequest request, QueueRefusal? refusal) => refusal switch
    {
        null => null,
        QueueRefusal.Closed => ServingErrors.Draining(),
        QueueRefusal.Full => ServingErrors.QueueFull(request.Task, Seconds(queue.TokensAhead(request))),
        QueueRefusal.TooLate => ServingErrors.DeadlineUnreachable(pace.TimeFor(queue.TokensAhead(request)), Seconds(queue.TokensAhead(request))),
        var other => throw new ArgumentOutOfRangeException(nameof(request), other, "Unknown refusal."),
    };

    public void GiveUp(QueuedRequest request) => queue.GiveUp(request);

    /// <summary>Takes no more requests in; those that wait are still answered.</summary>
    public void Close() => queue.Close();

    /// <summary>Takes in what there is room for and computes one step. Only the engine thread calls it.</summary>
    /// <returns>False when there was nothing to do.</returns>
    public bool Advance()
    {
        var slots = queue.Take(Room());
        if (slots.Count == 0 && step.Running == 0)
            return false;

        var started = clock.GetTimestamp();
        step.Admit(slots);
        var computed = step.Run();
        Learn(computed, clock.GetElapsedTime(started).TotalMicroseconds);
        queue.Settle(step.IsRunning);
        return true;
    }

    /// <summary>There is something to look at: a request, or one that was given up.</summary>
    public void Wake()
    {
        Remote?.Interrupt();
        lock (gate)
        {
            woken = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Returns when somebody called <see cref="Wake"/>.</summary>
    public void WaitForWork()
    {
        lock (gate)
        {
            while (!woken)
                Monitor.Wait(gate);
            woken = false;
        }
    }

    public int FailAll()
    {
        var failed = step.FailAll();
        queue.Settle(step.IsRunning);
        return failed;
    }

    /// <summary>
    /// Steps are short while a task is served that has had little of the engine: what it waits for is the end of the step before, and its
    /// own. They are longer, and a little cheaper for each token, while all want as much as they can get.
    /// </summary>
    private StepRoom Room()
    {
        if (Remote is { } remote)
            return new StepRoom(Math.Max(0, remote.MaxRunning - step.Running), CreditTokens: Credit(), Now: clock.GetTimestamp());
        var times = queue.HasLightTraffic ? 1 : BusyStepTimes;
        var least = Math.Min(times * options.MinStepTokens, options.MaxStepTokens);
        var tokens = (int)Math.Clamp(pace.StepTokens(times * options.StepTime) ?? 0, least, options.MaxStepTokens);
        var chunk = Math.Max(1, tokens / 2); // a long input leaves half of a step to others
        var next = step.NextTokens(chunk);
        return new StepRoom(options.MaxStepInputs - step.Running, tokens - next, options.MinStepTokens - next, chunk, Credit(), clock.GetTimestamp(),
            (long)(pace.MicrosecondsPerToken * clock.TimestampFrequency / 1_000_000));
    }

    /// <summary>Of an engine outside, the time without a result counts too: it computed then what came later.</summary>
    private void Learn(long computed, double microseconds)
    {
        microsecondsSinceComputed += microseconds;
        if (computed > 0)
            pace.Learn(computed, microsecondsSinceComputed);
        if (computed > 0 || Remote is null || step.Running == 0)
            microsecondsSinceComputed = 0;
    }

    /// <summary>What the engine computes in a second: a task that comes back from a pause is served first for about as long.</summary>
    private long Credit() => pace.TokensWithin(CreditTime) is var tokens && tokens < long.MaxValue ? tokens : 0;

    private long TokensInTime(QueuedRequest request) => request.Deadline == long.MaxValue
        ? long.MaxValue
        : pace.TokensWithin(Prudence * clock.GetElapsedTime(clock.GetTimestamp(), request.Deadline));

    private int Seconds(long tokens) => (int)Math.Clamp(Math.Ceiling(pace.TimeFor(tokens).TotalSeconds), 1, 60);
}

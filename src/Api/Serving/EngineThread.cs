using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Results;
using Platform.Engine.Native;

namespace Platform.Api.Serving;

/// <summary>The one thread that owns the shared model. Requests come in through the queue; only plain values go out.</summary>
internal sealed partial class EngineThread(
    ServingState state, EngineStep step, IOptions<ApiOptions> options, TimeProvider clock, ILogger<EngineThread> logger) : IHostedService
{
    private readonly RequestQueue queue = new(options.Value.MaxQueuedInputs);
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile PendingSwitch? pending;
    private double microsecondsPerInput;
    private double microsecondsSinceAnswer;

    public int WaitingInputs => queue.WaitingInputs;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        TorchRuntime.Initialize(options.Value.Threads);
        new Thread(Run) { Name = "engine", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    /// <summary>Serves what waits, then ends.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Close();
        return stopped.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Waits for the engine's answers; giving up takes the request out of the queue, or out of the engine before its next step.</summary>
    /// <returns>The outcome, or the error that the queue is full.</returns>
    public async Task<Result<RequestOutcome>> RunAsync(QueuedRequest request, CancellationToken cancellationToken)
    {
        if (!queue.TryAdd(request))
            return queue.IsClosed ? ServingErrors.Stopping() : ServingErrors.QueueFull(queue.WaitingInputs, RetryAfterSeconds());
        await using var registration = cancellationToken.Register(() => queue.GiveUp(request));
        return await request.Outcome;
    }

    /// <summary>How long what waits now is likely to take.</summary>
    public int RetryAfterSeconds() =>
        (int)Math.Clamp(Math.Ceiling(queue.WaitingInputs * Volatile.Read(ref microsecondsPerInput) / 1_000_000), 1, 60);

    /// <summary>
    /// Serves <paramref name="next"/> from the next step on. Completes when the old model is out of memory: no request loses its
    /// answer, and none is answered by two models.
    /// </summary>
    /// <returns>What served before.</returns>
    public async Task<ServedDeployment?> SwitchAsync(ServedDeployment next)
    {
        var wanted = new PendingSwitch(next);
        pending = wanted;
        queue.Wake();
        return await wanted.Done.Task;
    }

    private void Run()
    {
        while (!queue.IsFinished || step.Running > 0)
        {
            if (pending is { } wanted && step.Running == 0 && !queue.HasStartedRequest)
            {
                Switch(wanted);
                continue;
            }

            var room = options.Value.MaxStepInputs - step.Running;
            var slots = room > 0 ? queue.Take(room, startedOnly: pending is not null, wait: step.Running == 0) : [];
            if (slots.Count > 0 || step.Running > 0)
                RunStep(slots);
        }

        state.NotReady = "The Api is stopping.";
        var last = state.Current;
        state.Current = null;
        last?.Dispose();
        stopped.TrySetResult();
    }

    private void RunStep(List<Slot> slots)
    {
        var started = clock.GetTimestamp();
        var done = 0;
        try
        {
            step.Admit(state.Current!, slots);
            done = step.Run(state.Current!);
        }
        catch (Exception exception)
        {
            // A bug of ours must not end the only thread that can answer.
            LogStepBroke(exception, step.Running);
            step.FailAll(state.Current!);
        }

        microsecondsSinceAnswer += clock.GetElapsedTime(started).TotalMicroseconds;
        if (done == 0)
            return;
        var spent = microsecondsSinceAnswer / done;
        microsecondsSinceAnswer = 0;
        Volatile.Write(ref microsecondsPerInput, microsecondsPerInput == 0 ? spent : 0.9 * microsecondsPerInput + 0.1 * spent);
    }

    private void Switch(PendingSwitch wanted)
    {
        pending = null;
        var old = state.Current;
        state.Current = wanted.Next;
        LogSwitched(wanted.Next.Number, wanted.Next.ModelVersion, old is null ? "none" : $"deployment {old.Number}");
        old?.Dispose();
        wanted.Done.TrySetResult(old);
    }

    private sealed record PendingSwitch(ServedDeployment Next)
    {
        public TaskCompletionSource<ServedDeployment?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

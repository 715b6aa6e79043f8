using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Api.Health;
using Platform.Api.Setup;
using Platform.Api.Telemetry;
using Platform.Domain.Results;
using Platform.Engine.Native;

namespace Platform.Api.Serving;

/// <summary>
/// The one thread that owns all models in memory: it takes one step of each deployment that has work, in turn. Requests come in
/// through the lanes' queues; only plain values go out. A deployment that an engine outside computes has a thread of its own, so that waiting
/// for it keeps nobody else waiting.
/// </summary>
internal sealed partial class EngineThread(ServingState state, ServiceProblems problems, ApiMetrics metrics, IOptions<ApiOptions> options, TimeProvider clock, ILoggerFactory loggers) : IHostedService
{
    private const int RoundsPerShadowStep = 20;

    private readonly ILogger logger = loggers.CreateLogger<EngineThread>();
    private readonly ConcurrentDictionary<ServedDeployment, EngineLane> lanes = [];

    // A plain object, waited on with Monitor.Wait: an event would have to be disposed, and a host that is torn down early still signals then.
    private readonly object gate = new();
    private bool woken;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool stopping;

    public int WaitingInputs => lanes.Values.Sum(lane => lane.WaitingInputs);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        TorchRuntime.Initialize(options.Value.Threads);
        metrics.Watch(this);
        new Thread(Run) { Name = "engine", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    /// <summary>Serves what waits, then ends.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        stopping = true;
        foreach (var lane in lanes.Values)
            Close(lane);
        Wake();
        return Task.WhenAll([stopped.Task, .. lanes.Values.Select(lane => lane.Drained.Task)]).WaitAsync(cancellationToken);
    }

    /// <summary>Waits for the engine's answers; giving up takes the request out of the queue, or out of the engine before its next step.</summary>
    /// <returns>The outcome, or the error that the queue is full or the deployment on its way out.</returns>
    public async Task<Result<RequestOutcome>> RunAsync(ServedDeployment deployment, QueuedRequest request, CancellationToken cancellationToken)
    {
        if (stopping)
            return ServingErrors.Stopping();
        if (!lanes.TryGetValue(deployment, out var lane))
            return ServingErrors.Draining();
        if (lane.Enqueue(request) is { } error)
            return stopping ? ServingErrors.Stopping() : error;
        Wake(lane);
        await using var registration = cancellationToken.Register(() =>
        {
            lane.GiveUp(request);
            Wake(lane);
        });
        return await request.Outcome;
    }

    /// <summary>From now on the deployment can be sent requests.</summary>
    public void Add(ServedDeployment deployment)
    {
        var step = new EngineStep(deployment, clock, loggers.CreateLogger<EngineStep>(), metrics, problems);
        var lane = lanes[deployment] = new EngineLane(deployment, step, options.Value, clock);
        if (stopping)
            lane.Close();
        if (lane.Remote is null)
            Wake();
        else
            new Thread(() => Run(lane)) { Name = $"engine of deployment {deployment.Number}", IsBackground = true }.Start();
    }

    /// <summary>
    /// Takes no more requests for the deployment, answers those that it has, and lets its model go. Completes when the model is out of
    /// memory: no request loses its answer.
    /// </summary>
    public Task RemoveAsync(ServedDeployment deployment)
    {
        if (!lanes.TryGetValue(deployment, out var lane))
            return Task.CompletedTask;
        Close(lane);
        return lane.Drained.Task;
    }

    private void Run()
    {
        for (var round = 0L; !stopping || lanes.Values.Any(lane => lane.Remote is null); round++)
        {
            var routing = state.Routing;
            var worked = Advance(lanes.Values.Where(lane => lane.Remote is null && !routing.IsShadow(lane.Deployment)));

            // Copies of requests use what is left of the device, and a little more, so that a busy server compares answers too.
            if (!worked || round % RoundsPerShadowStep == 0)
                worked |= Advance(lanes.Values.Where(lane => lane.Remote is null && routing.IsShadow(lane.Deployment)));
            if (!worked)
                WaitForWork();
        }

        stopped.TrySetResult();
    }

    /// <summary>The thread of a deployment that an engine outside computes.</summary>
    private void Run(EngineLane lane)
    {
        while (!lane.IsDrained)
            if (!Advance(lane) && !lane.IsDrained)
                lane.WaitForWork();
        Release(lane);
    }

    private bool Advance(IEnumerable<EngineLane> some)
    {
        var worked = false;
        foreach (var lane in some)
        {
            worked |= Advance(lane);
            if (!lane.IsDrained)
                continue;
            Release(lane);
            worked = true;
        }

        return worked;
    }

    private bool Advance(EngineLane lane)
    {
        try
        {
            return lane.Advance();
        }
        catch (Exception exception)
        {
            // A bug of ours must not end the only thread that can answer, nor leave callers waiting.
            var inputs = lane.FailAll();
            LogStepBroke(exception, lane.Deployment.Number, inputs);
            problems.Note("engine", "A step of the engine failed in the last five minutes, and with it all inputs that were in. The log has the reason; please report it.");
            return true;
        }
    }

    private void Release(EngineLane lane)
    {
        lanes.TryRemove(lane.Deployment, out _);
        if (state.Routing.Deployments.Contains(lane.Deployment))
        {
            state.NotReady = "The Api is stopping.";
            state.Routing = Routing.None;
        }

        lane.Deployment.Dispose();
        lane.Drained.TrySetResult();
    }

    private void Close(EngineLane lane)
    {
        lane.Close();
        Wake(lane);
    }

    private void Wake(EngineLane lane)
    {
        if (lane.Remote is null)
            Wake();
        else
            lane.Wake();
    }

    private void Wake()
    {
        lock (gate)
        {
            woken = true;
            Monitor.Pulse(gate);
        }
    }

    private void WaitForWork()
    {
        lock (gate)
        {
            while (!woken)
                Monitor.Wait(gate);
            woken = false;
        }
    }
}

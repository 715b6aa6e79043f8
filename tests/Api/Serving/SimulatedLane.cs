using Microsoft.Extensions.Logging.Abstractions;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Results;

namespace Platform.Api.Tests.Serving;

/// <summary>The real queue, pace and step over a model whose steps take virtual time: an hour of load in a second, the same every time.</summary>
internal sealed class SimulatedLane
{
    private readonly PriorityQueue<Action, TimeSpan> events = new();
    private readonly List<(QueuedRequest Request, Action<RequestOutcome>? Done)> sent = [];
    private readonly EngineLane lane;
    private readonly TimedModel model;

    public SimulatedLane(IEnumerable<string> tasks, ApiOptions? options = null)
    {
        options ??= new ApiOptions();
        model = new TimedModel(Clock, tasks) { MaxStepTokens = options.MaxStepTokens, MaxChunkTokens = options.MaxChunkTokens };
        var version = new ModelVersion
        {
            Number = 1, RunId = Guid.NewGuid(), BaseModel = "base", ArtifactPath = "models/1", Sha256 = "", ContextTokens = 100, SizeBytes = 1, CreatedAt = Clock.GetUtcNow(),
        };
        var deployment = new Deployment { Number = 1, ModelVersionId = version.Id, ModelVersion = version, RequestedByName = "admin", RequestedAt = Clock.GetUtcNow() };
        var served = new ServedDeployment(deployment, model, new Dictionary<string, DeployedTask>());
        lane = new EngineLane(served, new EngineStep(served, Clock, NullLogger<EngineStep>.Instance), options, Clock);
    }

    public VirtualClock Clock { get; } = new();

    public long ComputedFor(string task) => model.Computed.GetValueOrDefault(task);

    /// <summary>Calls back at a moment.</summary>
    public void At(TimeSpan moment, Action action) => events.Enqueue(action, moment);

    /// <summary>Sends a request now; the callback gets how it ended.</summary>
    public Error? Send(QueuedRequest request, Action<RequestOutcome>? done = null)
    {
        if (lane.Enqueue(request) is { } error)
            return error;
        sent.Add((request, done));
        return null;
    }

    /// <summary>Runs until a moment, or until nothing is left to do.</summary>
    public void Run(TimeSpan until)
    {
        while (Clock.Now < until)
        {
            while (events.TryPeek(out var action, out var moment) && moment <= Clock.Now)
            {
                events.Dequeue();
                action();
            }

            if (!lane.Advance())
            {
                if (!events.TryPeek(out _, out var next))
                    return;
                Clock.Advance(next - Clock.Now);
            }

            Report();
        }
    }

    private void Report()
    {
        for (var i = sent.Count - 1; i >= 0; i--)
        {
            var (request, done) = sent[i];
            if (!request.Outcome.IsCompletedSuccessfully)
                continue;
            sent.RemoveAt(i);
            done?.Invoke(request.Outcome.Result);
        }
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Domain.Results;

namespace Platform.Api.Telemetry;

/// <summary>
/// What the Api measures of itself, by task and model version, and the parts of each request as a trace. Instruments only: nothing is
/// sent anywhere unless somebody listens (/metrics, OTLP). No text of inputs or answers, and no key, is in any of it.
/// </summary>
internal sealed class ApiMetrics : IDisposable
{
    public const string Name = "Platform.Api";

    private const string Task = "task";
    private const string Version = "model_version";

    private static readonly ActivitySource Source = new(Name);
    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Meter meter;
    private readonly Counter<long> requests;
    private readonly Counter<long> refused;
    private readonly Counter<long> inputs;
    private readonly Counter<long> tokens;
    private readonly Counter<double> deviceSeconds;
    private readonly Counter<long> samples;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> queueTime;
    private readonly Histogram<double> firstToken;
    private readonly Histogram<int> stepInputs;
    private readonly Histogram<long> stepTokens;
    private readonly Counter<double> busySeconds;
    private readonly TimeProvider clock;

    public ApiMetrics(IMeterFactory meters, TimeProvider clock)
    {
        this.clock = clock;
        meter = meters.Create(Name);
        requests = meter.CreateCounter<long>("platform.requests", "{request}", "Requests that the engine worked on, by how they ended: ok or error.");
        refused = meter.CreateCounter<long>("platform.requests.refused", "{request}", "Requests that were not answered, by reason (the error's code).");
        inputs = meter.CreateCounter<long>("platform.inputs", "{input}", "Inputs of answered requests.");
        tokens = meter.CreateCounter<long>("platform.tokens", "{token}", "Tokens: prompt (cached ones included), cached, completion.");
        deviceSeconds = meter.CreateCounter<double>("platform.device.time", "s", "Device time of requests, as it is billed.");
        samples = meter.CreateCounter<long>("platform.samples", "{input}", "Inputs that were kept for review, by outcome: stored or dropped.");
        duration = Histogram("platform.request.duration", "From a request's arrival until its answer is on record.");
        queueTime = Histogram("platform.queue.time", "From the queue until the first input is in the engine.");
        firstToken = Histogram("platform.first_token.time", "From a request's arrival until its first answer, or first part of one, is there.");
        stepInputs = meter.CreateHistogram("platform.step.inputs", "{input}", "Inputs in a step of the engine.", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });
        stepTokens = meter.CreateHistogram("platform.step.tokens", "{token}", "Tokens that a step computed.", advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 16, 32, 64, 128, 256, 512, 1024, 2048] });
        busySeconds = meter.CreateCounter<double>("platform.device.busy", "s", "Time that the device computed; its rate is the busy share.");
    }

    /// <summary>Reports how much waits, whenever somebody asks.</summary>
    public void Watch(EngineThread engine) =>
        meter.CreateObservableGauge("platform.queue.inputs", () => engine.WaitingInputs, "{input}", "Inputs that wait for the engine.");

    /// <summary>A request came back from the engine.</summary>
    public void Completed(TaskCall call, RequestOutcome outcome, bool isAnswered)
    {
        if (outcome.By is not { } deployment)
            return;
        var tags = new TagList { { Task, call.Task.Spec.Name }, { Version, deployment.ModelVersion } };
        requests.Add(1, new TagList { { Task, call.Task.Spec.Name }, { Version, deployment.ModelVersion }, { "status", isAnswered ? "ok" : "error" } });
        deviceSeconds.Add(outcome.DeviceMicroseconds / 1e6, tags);
        if (!isAnswered)
            return;
        inputs.Add(call.Inputs.Count, tags);
        AddTokens("prompt", outcome.PromptTokens);
        AddTokens("cached", outcome.CachedTokens);
        AddTokens("completion", outcome.CompletionTokens);
        var now = clock.GetTimestamp();
        var times = outcome.Times;
        duration.Record(clock.GetElapsedTime(call.Received, now).TotalSeconds, tags);
        queueTime.Record(clock.GetElapsedTime(times.Queued, times.Taken).TotalSeconds, tags);
        firstToken.Record(clock.GetElapsedTime(call.Received, times.FirstAnswer).TotalSeconds, tags);
        Trace(call, outcome, times, now);

        void AddTokens(string kind, long count) =>
            tokens.Add(count, new TagList { { Task, call.Task.Spec.Name }, { Version, deployment.ModelVersion }, { "kind", kind } });
    }

    /// <summary>A request got no answer.</summary>
    public void Refused(TaskCall call, Error error) => refused.Add(1, new TagList { { Task, call.Task.Spec.Name }, { "reason", error.Code } });

    /// <summary>Inputs were stored for review, or dropped.</summary>
    public void Sampled(int count, bool isStored)
    {
        if (count > 0)
            samples.Add(count, new KeyValuePair<string, object?>("outcome", isStored ? "stored" : "dropped"));
    }

    /// <summary>A step was computed.</summary>
    public void Stepped(ServedDeployment deployment, int count, long computed, TimeSpan time)
    {
        var version = new KeyValuePair<string, object?>(Version, deployment.ModelVersion);
        stepInputs.Record(count, version);
        stepTokens.Record(computed, version);
        busySeconds.Add(time.TotalSeconds, version);
    }

    public void Dispose() => meter.Dispose();

    /// <summary>The parts of a request below the span of its HTTP request, made when they are known: the engine's thread makes no spans.</summary>
    private void Trace(TaskCall call, RequestOutcome outcome, RequestTimes times, long now)
    {
        if (!Source.HasListeners())
            return;
        var wall = clock.GetUtcNow();
        Part("queue", times.Queued, times.Taken);
        Part("prefill", times.Taken, times.FirstAnswer);
        Part("decode", times.FirstAnswer, times.Done);

        void Part(string name, long from, long to)
        {
            using var part = Source.StartActivity(name, ActivityKind.Internal, Activity.Current?.Context ?? default, startTime: wall - clock.GetElapsedTime(from, now));
            part?.SetTag(Task, call.Task.Spec.Name).SetTag(Version, outcome.By!.ModelVersion).SetTag("request_id", call.RequestId)
                .SetEndTime((wall - clock.GetElapsedTime(to, now)).UtcDateTime);
        }
    }

    private Histogram<double> Histogram(string name, string description) =>
        meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
}

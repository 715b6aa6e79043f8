using System.Diagnostics;
using System.Threading.Channels;
using Platform.Engine.Serving;

namespace Platform.ApiBench;

/// <summary>What callers saw in one measurement.</summary>
/// <param name="PerSecond">Requests answered in a second.</param>
/// <param name="Latencies">Of every request, sorted.</param>
/// <param name="Failed">Requests without an answer.</param>
/// <param name="Processor">Processor time of whoever answered.</param>
internal sealed record Measurement(double PerSecond, IReadOnlyList<TimeSpan> Latencies, int Failed, TimeSpan Processor)
{
    /// <summary>Processor time of whoever answered, for each answer, milliseconds.</summary>
    public double ProcessorMs => Processor.TotalMilliseconds / Latencies.Count;

    /// <summary>Processor time of the callers' process, for each answer, milliseconds; 0 when they are in the same process.</summary>
    public double CallersMs { get; init; }

    /// <summary>Device time for each answer, as it was billed, milliseconds; 0 where nobody bills.</summary>
    public double DeviceMs { get; init; }

    public TimeSpan Quantile(double share) => Latencies.Count == 0 ? TimeSpan.Zero : Latencies[Math.Max(0, (int)Math.Ceiling(share * Latencies.Count) - 1)];
}

/// <summary>The same traffic over HTTP and straight into the engine: so many callers that always wait for one answer, or arrivals at random.</summary>
internal static class Measurements
{
    /// <summary>Callers that send their next request when they have the answer to the last one.</summary>
    public static async Task<Measurement> HttpAsync(IServer server, Workload workload, int callers, TimeSpan time, int seed, CancellationToken cancellationToken)
    {
        var (clock, before, ownBefore) = (Stopwatch.StartNew(), server.ProcessorTime, OwnProcessorTime);
        var each = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            List<TimeSpan> latencies = [];
            var failed = 0;
            foreach (var input in workload.Inputs(seed + caller))
            {
                if (clock.Elapsed >= time)
                    break;
                var began = clock.Elapsed;
                if (await server.AnswerAsync(input, cancellationToken) is not null)
                    latencies.Add(clock.Elapsed - began);
                else
                    failed++;
            }

            return (latencies, failed);
        }, cancellationToken)));
        var seconds = clock.Elapsed.TotalSeconds;
        List<TimeSpan> all = [.. each.SelectMany(one => one.latencies).Order()];
        return new Measurement(all.Count / seconds, all, each.Sum(one => one.failed), server.ProcessorTime - before)
        {
            CallersMs = (OwnProcessorTime - ownBefore).TotalMilliseconds / all.Count,
        };
    }

    /// <summary>As many inputs in the engine as there would be callers, each replaced when it is answered.</summary>
    public static Measurement InProcess(MultiTaskModel model, Workload workload, int callers, TimeSpan time, int seed, CancellationToken cancellationToken)
    {
        var streams = Enumerable.Range(0, callers).Select(caller => workload.Inputs(seed + caller).GetEnumerator()).ToList();
        Dictionary<long, (int Caller, TimeSpan Began)> running = [];
        List<TimeSpan> latencies = [];
        var (clock, before) = (Stopwatch.StartNew(), OwnProcessorTime);
        for (var caller = 0; caller < callers; caller++)
            Submit(caller);
        while (running.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var step in model.Step().Where(step => step.Answer is not null))
            {
                running.Remove(step.Id, out var done);
                latencies.Add(clock.Elapsed - done.Began);
                if (clock.Elapsed < time)
                    Submit(done.Caller);
            }
        }

        return new Measurement(latencies.Count / clock.Elapsed.TotalSeconds, [.. latencies.Order()], 0, OwnProcessorTime - before);

        void Submit(int caller)
        {
            streams[caller].MoveNext();
            var input = streams[caller].Current;
            if (!model.TrySubmit(new ServedInput(input.Task, input.Text, input.Text2), out var id))
                throw new InvalidOperationException("The engine takes no more inputs.");
            running.Add(id, (caller, clock.Elapsed));
        }
    }

    /// <summary>Requests that arrive at random, so many a second on average, whether or not earlier ones are answered.</summary>
    public static async Task<Measurement> HttpArrivalsAsync(IServer server, Workload workload, double perSecond, TimeSpan time, int seed, CancellationToken cancellationToken)
    {
        var (clock, before) = (Stopwatch.StartNew(), server.ProcessorTime);
        List<Task<TimeSpan?>> calls = [];
        foreach (var (due, input) in Arrivals(workload, perSecond, time, seed))
        {
            await WaitUntilAsync(clock, due, cancellationToken);
            calls.Add(Task.Run(async () => await server.AnswerAsync(input, cancellationToken) is not null ? clock.Elapsed - due : (TimeSpan?)null, cancellationToken));
        }

        var latencies = await Task.WhenAll(calls);
        return new Measurement(latencies.Length / clock.Elapsed.TotalSeconds, [.. latencies.OfType<TimeSpan>().Order()], latencies.Count(latency => latency is null), server.ProcessorTime - before);
    }

    /// <summary>The same arrivals, straight into the engine on a thread of its own.</summary>
    public static async Task<Measurement> InProcessArrivalsAsync(MultiTaskModel model, Workload workload, double perSecond, TimeSpan time, int seed, CancellationToken cancellationToken)
    {
        var queue = Channel.CreateUnbounded<(TimeSpan Due, Input Input)>();
        var (clock, before) = (Stopwatch.StartNew(), OwnProcessorTime);
        var engine = Task.Factory.StartNew(() => Answer(model, queue.Reader, clock), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        foreach (var arrival in Arrivals(workload, perSecond, time, seed))
        {
            await WaitUntilAsync(clock, arrival.Due, cancellationToken);
            queue.Writer.TryWrite(arrival);
        }

        queue.Writer.Complete();
        var latencies = await engine;
        return new Measurement(latencies.Count / clock.Elapsed.TotalSeconds, [.. latencies.Order()], 0, OwnProcessorTime - before);
    }

    private static TimeSpan OwnProcessorTime
    {
        get
        {
            using var own = Process.GetCurrentProcess();
            return own.TotalProcessorTime;
        }
    }

    private static List<TimeSpan> Answer(MultiTaskModel model, ChannelReader<(TimeSpan Due, Input Input)> queue, Stopwatch clock)
    {
        Dictionary<long, TimeSpan> running = [];
        List<TimeSpan> latencies = [];
        while (true)
        {
            while (queue.TryRead(out var arrival))
            {
                if (!model.TrySubmit(new ServedInput(arrival.Input.Task, arrival.Input.Text, arrival.Input.Text2), out var id))
                    throw new InvalidOperationException("The engine takes no more inputs.");
                running.Add(id, arrival.Due);
            }

            if (running.Count == 0)
            {
                if (!queue.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                    return latencies;
                continue;
            }

            foreach (var step in model.Step().Where(step => step.Answer is not null))
            {
                running.Remove(step.Id, out var due);
                latencies.Add(clock.Elapsed - due);
            }
        }
    }

    private static IEnumerable<(TimeSpan Due, Input Input)> Arrivals(Workload workload, double perSecond, TimeSpan time, int seed)
    {
        var random = new Random(seed);
        var due = TimeSpan.Zero;
        foreach (var input in workload.Inputs(seed))
        {
            due += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond);
            if (due >= time)
                yield break;
            yield return (due, input);
        }
    }

    /// <summary>A timer is up to a millisecond late. That counts for both sides alike; waiting in turns would take the processor from the server.</summary>
    private static Task WaitUntilAsync(Stopwatch clock, TimeSpan due, CancellationToken cancellationToken) =>
        due - clock.Elapsed is var early && early > TimeSpan.Zero ? Task.Delay(early, cancellationToken) : Task.CompletedTask;
}

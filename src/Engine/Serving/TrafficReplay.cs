using System.Diagnostics;

namespace Platform.Engine.Serving;

/// <summary>A request of a traffic.</summary>
/// <param name="At">Seconds from the traffic's start to its arrival.</param>
/// <param name="Input">What it asks.</param>
public sealed record TrafficArrival(double At, ServedInput Input);

/// <summary>What one server took for a traffic.</summary>
/// <param name="Latencies">Seconds from each request's arrival to its answer, in the order of the arrivals.</param>
/// <param name="BusySeconds">Time of all steps, which is the device's busy time.</param>
/// <param name="EndSeconds">When the last answer was there, seconds from the traffic's start.</param>
/// <param name="Steps">How many steps were computed.</param>
/// <param name="PromptTokens">Tokens of all prompts.</param>
public sealed record TrafficOutcome(IReadOnlyList<double> Latencies, double BusySeconds, double EndSeconds, int Steps, long PromptTokens);

/// <summary>
/// Replays a traffic on a model. Every step is really computed and takes the time it takes; the time between requests is not waited for but
/// passed over, so that a day of light traffic takes as long as its work. Requests that arrive during a step join the next one, as they do
/// in a server.
/// </summary>
public static class TrafficReplay
{
    /// <summary>Answers the whole traffic.</summary>
    /// <param name="model">The model; idle.</param>
    /// <param name="traffic">The requests in the order of their arrival.</param>
    /// <param name="onAnswers">Told how many more requests are answered, after every step that answered some; null for nobody.</param>
    /// <param name="cancellationToken">Checked between steps.</param>
    /// <exception cref="ArgumentException">The arrivals are not in order.</exception>
    /// <exception cref="Generation.InputTooLongException">A request does not fit into the model's context.</exception>
    public static TrafficOutcome Run(MultiTaskModel model, IReadOnlyList<TrafficArrival> traffic, Action<int>? onAnswers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(traffic);
        for (var i = 1; i < traffic.Count; i++)
        {
            if (traffic[i].At < traffic[i - 1].At)
                throw new ArgumentException($"Request {i} arrives at {traffic[i].At} s, before the one in front of it ({traffic[i - 1].At} s).", nameof(traffic));
        }

        var latencies = new double[traffic.Count];
        var running = new Dictionary<long, int>();
        var (now, busy, next, steps, tokens) = (0.0, 0.0, 0, 0, 0L);
        while (next < traffic.Count || running.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (running.Count == 0)
                now = Math.Max(now, traffic[next].At);
            while (next < traffic.Count && traffic[next].At <= now && model.TrySubmit(traffic[next].Input, out var id))
                running.Add(id, next++);

            var started = Stopwatch.GetTimestamp();
            var done = model.Step();
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            now += seconds;
            busy += seconds;
            steps++;
            var answered = 0;
            foreach (var step in done.Where(step => step.Answer is not null))
            {
                running.Remove(step.Id, out var request);
                latencies[request] = now - traffic[request].At;
                tokens += step.Answer!.PromptTokens;
                answered++;
            }

            if (answered > 0)
                onAnswers?.Invoke(answered);
        }

        return new TrafficOutcome(latencies, busy, now, steps, tokens);
    }
}

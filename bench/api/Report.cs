using System.Globalization;

namespace Platform.ApiBench;

/// <summary>Medians over the rounds, with the smallest and the largest; ratios are made round by round.</summary>
internal sealed class Report(TextWriter output)
{
    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    public void Full(int tasks, int callers, IReadOnlyList<(Measurement Http, Measurement InProcess)> rounds)
    {
        Write($"{tasks} tasks, {callers} callers:");
        Write($"  Api {Spread(rounds, pair => pair.Http.PerSecond, "0")} requests/s, engine {Spread(rounds, pair => pair.InProcess.PerSecond, "0")}, ratio {Spread(rounds, pair => pair.Http.PerSecond / pair.InProcess.PerSecond, "0.000")}, failed {rounds.Sum(pair => pair.Http.Failed)}");
        Write($"  processor time for each request: Api {Spread(rounds, pair => pair.Http.ProcessorMs, "0.00")} ms, engine {Spread(rounds, pair => pair.InProcess.ProcessorMs, "0.00")} ms, ratio {Spread(rounds, pair => pair.InProcess.ProcessorMs / pair.Http.ProcessorMs, "0.000")}; the callers' process beside the Api {Spread(rounds, pair => pair.Http.CallersMs, "0.00")} ms");
        Write($"  device time for each request, by the clock: Api {Spread(rounds, pair => pair.Http.DeviceMs, "0.00")} ms, engine {Spread(rounds, pair => 1000 / pair.InProcess.PerSecond, "0.00")} ms");
        Write($"  Api p50 {Spread(rounds, pair => pair.Http.Quantile(0.5).TotalMilliseconds, "0.0")} ms, p95 {Spread(rounds, pair => pair.Http.Quantile(0.95).TotalMilliseconds, "0.0")} ms");
    }

    public void Half(double perSecond, IReadOnlyList<(Measurement Http, Measurement InProcess)> rounds)
    {
        Write(string.Create(CultureInfo.InvariantCulture, $"  at half load ({perSecond:0} requests/s, arriving at random), Api over engine:"));
        foreach (var share in new[] { 0.5, 0.95, 0.99 })
            Write($"    p{share * 100:0}: {Spread(rounds, pair => pair.Http.Quantile(share).TotalMilliseconds, "0.0")} over {Spread(rounds, pair => pair.InProcess.Quantile(share).TotalMilliseconds, "0.0")} ms, added {Spread(rounds, pair => (pair.Http.Quantile(share) - pair.InProcess.Quantile(share)).TotalMilliseconds, "0.0")} ms");
    }

    public void Memory(long before, long after, int requests) =>
        Write(string.Create(CultureInfo.InvariantCulture, $"  memory {before / 1e6:0} MB after the warm-up, {after / 1e6:0} MB after {requests:N0} requests more"));

    public void Peer(IReadOnlyList<(Measurement Api, Measurement Peer)> rounds, int same, int compared, long apiBytes, long peerBytes)
    {
        Write($"  against llama.cpp behind HTTP: Api {Spread(rounds, pair => pair.Api.PerSecond, "0")} requests/s, llama.cpp {Spread(rounds, pair => pair.Peer.PerSecond, "0")}, ratio {Spread(rounds, pair => pair.Api.PerSecond / pair.Peer.PerSecond, "0.00")}, failed {rounds.Sum(pair => pair.Api.Failed + pair.Peer.Failed)}");
        Write($"    p95: Api {Spread(rounds, pair => pair.Api.Quantile(0.95).TotalMilliseconds, "0.0")} ms, llama.cpp {Spread(rounds, pair => pair.Peer.Quantile(0.95).TotalMilliseconds, "0.0")} ms; same label for {same} of {compared} inputs");
        Write(string.Create(CultureInfo.InvariantCulture, $"    memory: Api {apiBytes / 1e6:0} MB, llama.cpp {peerBytes / 1e6:0} MB"));
    }

    private static string Spread<T>(IReadOnlyList<T> rounds, Func<T, double> figure, string format)
    {
        var values = rounds.Select(figure).ToList();
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(Median(values))} ({Text(values.Min())} to {Text(values.Max())})";
    }

    private void Write(string line) => output.WriteLine(line);
}

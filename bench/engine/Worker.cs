using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Platform.EngineBench.Engines;

namespace Platform.EngineBench;

/// <summary>One of several processes that answer requests: for each line, a number of seconds, it says how many it answered in that time.</summary>
internal static class Worker
{
    public static int Run(string size, int threads, string folder)
    {
        using var engines = new EngineSet(Shape.All.Single(s => s.Name == size), Path.Combine(folder, "models"), Benchmark.Tokenizer, withLlama: false);
        engines.Packed[0].Begin(threads);
        using var tree = new TreeClassifier(engines.Packed[0], engines.Workload);
        var requests = engines.Workload.Requests(Workload.Tasks);
        while (Console.In.ReadLine() is { } line)
        {
            var (limit, cpu, clock, answered) = (double.Parse(line, CultureInfo.InvariantCulture), Environment.CpuUsage.TotalTime, Stopwatch.StartNew(), 0);
            while (clock.Elapsed.TotalSeconds < limit)
                answered += tree.Classify(requests).Length;
            Console.Out.WriteLine(JsonSerializer.Serialize(new Dictionary<string, double>
            {
                ["units"] = answered,
                ["seconds"] = clock.Elapsed.TotalSeconds,
                ["cpuSeconds"] = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            }));
        }

        return 0;
    }
}

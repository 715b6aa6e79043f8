using System.Globalization;
using System.Text.Json;
using Platform.Engine.Kernels;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;

namespace Platform.EngineBench;

/// <summary>One of several processes that answer requests: for each line, a number of seconds, it says how many it answered in that time.</summary>
internal static class Worker
{
    public static int Run(string size, int threads, string folder)
    {
        using var engines = new EngineSet(Shape.All.Single(s => s.Name == size), Path.Combine(folder, "models"), Benchmark.Tokenizer, withLlama: false);
        using var served = Served.OnCpu(engines.Torch.Model, engines.Workload, WeightType.BFloat16, threads);
        while (Console.In.ReadLine() is { } line)
        {
            var (limit, total) = (double.Parse(line, CultureInfo.InvariantCulture), default(Turn));
            while (total.Seconds < limit)
            {
                var requests = engines.Workload.Requests(2 * Workload.Tasks);
                var turn = Turn.Once(requests.Count, () => served.Classify(requests));
                total = new Turn(total.Units + turn.Units, total.Seconds + turn.Seconds, total.CpuSeconds + turn.CpuSeconds);
            }

            Console.Out.WriteLine(JsonSerializer.Serialize(new Dictionary<string, double> { ["units"] = total.Units, ["seconds"] = total.Seconds, ["cpuSeconds"] = total.CpuSeconds }));
        }

        return 0;
    }
}

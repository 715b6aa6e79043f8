using System.Text.Json;
using Platform.Engine.Tasks;

namespace Platform.MethodBench;

/// <summary>
/// What serving costs: <c>platform bench saving</c> replays a traffic on one server for all tasks and on one for each task. The traffic: moments a second apart at
/// which some requests of random tasks arrive together.
/// </summary>
internal sealed class Serving(string bundles, IReadOnlyList<string> tasks, Product product)
{
    private const int Moments = 40;
    private const int Seed = 17;

    /// <summary>Requests that arrive together.</summary>
    public const int Together = 16;

    /// <param name="version">The number of a registered model version. Dedicated models have the same shape and therefore the same size and speed: it stands for them, too.</param>
    public async Task<OverheadResult> MeasureAsync(string suite, string hash, Machine machine, int version, CancellationToken cancellationToken)
    {
        var file = Path.Combine(product.Data, "traffic.jsonl");
        await File.WriteAllLinesAsync(file, Traffic(), cancellationToken);
        var saving = await product.CallAsync(["bench", "saving", "--version-number", $"{version}", "--traffic", file], cancellationToken);
        var shared = saving.GetProperty("shared");
        return new OverheadResult(
            suite, hash, machine.Today, machine.Processor, shared.GetProperty("requests").GetInt32(), Together, Seconds(shared), Bytes(shared),
            [.. saving.GetProperty("dedicated").EnumerateArray().Select(one => new DedicatedServer(
                one.GetProperty("tasks")[0].GetString()!, one.GetProperty("requests").GetInt32(), Seconds(one), Bytes(one)))]);
    }

    private static double Seconds(JsonElement server) => server.GetProperty("busy_microseconds").GetInt64() / 1e6;

    // Of one server; how many a load needs is another question, and on a busy machine another answer.
    private static long Bytes(JsonElement server) => server.GetProperty("resident_bytes").GetInt64() / server.GetProperty("servers").GetInt32();

    private IEnumerable<string> Traffic()
    {
        var rows = tasks.Select(task => TaskBundle.ReadSplit(Path.Combine(bundles, task, "test.jsonl"))).ToList();
        var random = new Random(Seed);
        for (var at = 0; at < Moments; at++)
        {
            for (var i = 0; i < Together; i++)
            {
                var task = random.Next(tasks.Count);
                var row = rows[task][random.Next(rows[task].Count)];
                yield return JsonSerializer.Serialize(new { at, task = tasks[task], text = row.Text, text2 = row.Text2 });
            }
        }
    }
}

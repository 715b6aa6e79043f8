using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.MethodBench;

/// <summary>
/// What a server costs: a process of its own loads the model as the Api does and answers its part of the traffic. The traffic is the same for one shared server and
/// for one server per task: moments at which some requests of random tasks arrive together.
/// </summary>
internal sealed class Serving(string bundles, IReadOnlyList<string> tasks)
{
    public const string Command = "serve";

    private const int Moments = 40;
    private const int Seed = 17;

    /// <summary>Requests that arrive together.</summary>
    public const int Together = 16;

    /// <summary>Measures the shared server and then, one after the other, the servers of the tasks.</summary>
    /// <param name="model">A registered model version. Dedicated models have the same shape and therefore the same size and speed: it stands for them, too.</param>
    public async Task<OverheadResult> MeasureAsync(string suite, string hash, Machine machine, string model, CancellationToken cancellationToken)
    {
        var shared = await ServeAsync(model, null, cancellationToken);
        var dedicated = new List<DedicatedServer>();
        foreach (var task in tasks)
        {
            var served = await ServeAsync(model, task, cancellationToken);
            dedicated.Add(new DedicatedServer(task, served.Requests, served.Seconds, served.Bytes));
        }

        return new OverheadResult(suite, hash, machine.Today, machine.Processor, shared.Requests, Together, shared.Seconds, shared.Bytes, dedicated);
    }

    /// <summary>Runs in the server's own process: answers, and writes what it took.</summary>
    public int Serve(string model, string? only)
    {
        using var served = MultiTaskModel.Load(model);
        var traffic = Traffic().Select(moment => moment.Where(request => only is null || request.Task == only).ToList()).Where(moment => moment.Count > 0).ToList();
        if (traffic.Count > 0)
            Answer(served, traffic[0]); // warm-up: code and packed weights
        var clock = Stopwatch.StartNew();
        foreach (var moment in traffic)
            Answer(served, moment);
        var seconds = clock.Elapsed.TotalSeconds;
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new Served(traffic.Sum(moment => moment.Count), seconds, process.PeakWorkingSet64)));
        return 0;
    }

    private static void Answer(MultiTaskModel model, List<(string Task, Example Row)> moment) =>
        model.Predict([.. moment.Select(request => new ServedInput(request.Task, request.Row.Text, request.Row.Text2))], truncate: true);

    private IEnumerable<List<(string Task, Example Row)>> Traffic()
    {
        var rows = tasks.Select(task => TaskBundle.ReadSplit(Path.Combine(bundles, task, "test.jsonl"))).ToList();
        var random = new Random(Seed);
        for (var moment = 0; moment < Moments; moment++)
            yield return [.. Enumerable.Range(0, Together).Select(_ => random.Next(tasks.Count)).Select(task => (tasks[task], rows[task][random.Next(rows[task].Count)]))];
    }

    private async Task<Served> ServeAsync(string model, string? task, CancellationToken cancellationToken)
    {
        string[] arguments = [typeof(Serving).Assembly.Location, Command, bundles, model, string.Join(',', tasks), .. task is null ? Array.Empty<string>() : [task]];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Served>(output.Trim().Split('\n')[^1])!
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The server of {task ?? "all tasks"} ended with exit code {process.ExitCode}."));
    }

    private sealed record Served(int Requests, double Seconds, long Bytes);
}

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Platform.Cli.Terminal;
using Platform.Engine.Inference;
using Platform.Engine.Native;
using Platform.Engine.Serving;

namespace Platform.Cli.Saving;

/// <summary>A server in a process of its own, so that its memory is its own: loads the version and answers the traffic, or one task's part of it.</summary>
internal static class SavingServer
{
    public const string Name = "saving-server";

    private const string ProgressMark = "answered ";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Argument<string> Model = new("MODEL");
    private static readonly Argument<string> Traffic = new("TRAFFIC");
    private static readonly Option<string?> Task = new("--task");
    private static readonly Option<int> Threads = new("--threads");

    /// <summary>What one server took.</summary>
    /// <param name="Latencies">Seconds, of the requests in the order of their arrival.</param>
    /// <param name="Refused">Requests that do not fit into the model's context, which the Api refuses.</param>
    internal sealed record Served(IReadOnlyList<double> Latencies, int Refused, double BusySeconds, double EndSeconds, long PromptTokens, long ResidentBytes);

    public static Command Create()
    {
        var command = new Command(Name, "One server of platform bench saving") { Model, Traffic, Task, Threads };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) =>
        {
            var served = Serve(parsed, parsed.InvocationConfiguration.Error, cancellationToken);
            parsed.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(served, Json));
            return System.Threading.Tasks.Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Starts the server and waits for it.</summary>
    /// <param name="onAnswers">Told how many more requests are answered.</param>
    public static async Task<Served> StartAsync(string model, string traffic, string? task, int threads, Action<int> onAnswers, CancellationToken cancellationToken)
    {
        List<string> arguments = [Path.Combine(AppContext.BaseDirectory, "platform.dll"), "bench", Name, model, traffic, "--threads", $"{threads}"];
        if (task is not null)
            arguments.AddRange(["--task", task]);
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            List<string> problems = [];
            while (await process.StandardError.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.StartsWith(ProgressMark, StringComparison.Ordinal) && int.TryParse(line.AsSpan(ProgressMark.Length), out var answered))
                    onAnswers(answered);
                else
                    problems.Add(line);
            }

            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? JsonSerializer.Deserialize<Served>(await output, Json)!
                : throw new CommandFailure([$"The server of {task ?? "all tasks"} ended with exit code {process.ExitCode}.", .. problems]);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Served Serve(ParseResult parsed, TextWriter progress, CancellationToken cancellationToken)
    {
        var only = parsed.GetValue(Task);
        TorchRuntime.Initialize(parsed.GetValue(Threads));
        var folder = parsed.GetValue(Model)!;
        using var model = MultiTaskModel.Load(folder, TorchRuntime.DefaultDevice(), new InferenceOptions { Threads = parsed.GetValue(Threads) });
        var requests = TrafficRequest.Read(parsed.GetValue(Traffic)!, model.Tasks.Keys.ToHashSet(StringComparer.Ordinal)).Where(request => only is null || request.Task == only).ToList();
        IReadOnlyList<TrafficArrival> arrivals =
        [
            .. requests.Where(request => model.CountPromptTokens(request.Task, request.Text, request.Text2) <= model.MaxPromptTokens(request.Task))
                .Select(request => new TrafficArrival(request.At, new ServedInput(request.Task, request.Text, request.Text2))),
        ];
        model.Predict([.. arrivals.DistinctBy(arrival => arrival.Input.Task).Select(arrival => arrival.Input)], cancellationToken: cancellationToken);
        var outcome = TrafficReplay.Run(model, arrivals, answered => progress.WriteLine($"{ProgressMark}{answered}"), cancellationToken);
        using var process = Process.GetCurrentProcess();
        return new Served(outcome.Latencies, requests.Count - arrivals.Count, outcome.BusySeconds, outcome.EndSeconds, outcome.PromptTokens, process.WorkingSet64);
    }
}

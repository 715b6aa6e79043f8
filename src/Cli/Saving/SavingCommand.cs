using System.CommandLine;
using System.Globalization;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Rates;
using Platform.Domain.Savings;
using Spectre.Console;

namespace Platform.Cli.Saving;

/// <summary>The same traffic on the shared server and on one server for each task, measured.</summary>
internal static class SavingCommand
{
    private const int DefaultRequests = 2000;
    private const double DefaultTarget = 0.7;

    private static readonly Option<int?> Version = new("--version-number") { Description = "The model version; default: the live one", HelpName = "N" };
    private static readonly Option<string?> Traffic = new("--traffic") { Description = "A JSONL file of requests: {\"at\": seconds, \"task\": \"...\", \"text\": \"...\", \"text2\": \"...\"}; default: what the ledger has", HelpName = "FILE" };
    private static readonly Option<DateTimeOffset?> From = new("--from") { Description = "Recorded traffic from this moment on; default: 30 days ago", HelpName = "DATE" };
    private static readonly Option<DateTimeOffset?> To = new("--to") { Description = "Recorded traffic up to this moment; default: now", HelpName = "DATE" };
    private static readonly Option<int> Requests = new("--requests") { Description = "The newest so many recorded requests", HelpName = "N", DefaultValueFactory = _ => DefaultRequests };
    private static readonly Option<double> Target = new("--target") { Description = "Busy share of the time at which another server is added, above 0 and up to 1", HelpName = "SHARE", DefaultValueFactory = _ => DefaultTarget };
    private static readonly Option<int> Threads = new("--threads") { Description = "Threads of each server; 0 for all processors", HelpName = "N" };

    public static Command Create()
    {
        Check(Requests, value => value >= 1, "--requests must be at least 1.");
        Check(Target, value => value is > 0 and <= 1, "--target must be above 0 and at most 1, such as 0.7.");
        Check(Threads, value => value >= 0, "--threads must be 0 or more.");
        var command = new Command(
            "saving", "Replays traffic on the shared server and on one server for each task, one after the other, and compares device time, memory and money. The result is kept; the portal shows it.")
        {
            Version, Traffic, From, To, Requests, Target, Threads, CommonOptions.As,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
        if (!session.Actor.IsAdmin)
            throw new CommandFailure($"{session.Actor.Name} is not an admin. The traffic of all tasks is for admins only.");
        var version = await VersionAsync(session, parsed.GetValue(Version), cancellationToken);
        var now = session.Get<TimeProvider>().GetUtcNow();
        var traffic = parsed.GetValue(Traffic) is { } file
            ? SavingTraffic.FromFile(file, version.Evaluations.Select(evaluation => evaluation.Task!.Name).ToHashSet(StringComparer.Ordinal))
            : await SavingTraffic.RecordedAsync(session, version, parsed.GetValue(From) ?? now.AddDays(-30), parsed.GetValue(To) ?? now, parsed.GetValue(Requests), cancellationToken);
        using var files = (await session.Get<ArtifactStore>().OpenAsync(version.ArtifactPath, cancellationToken)).OrFail();
        var measured = await MeasureAsync(files.Path, traffic, parsed.GetValue(Threads), output, cancellationToken);
        var rate = await session.Get<RateBook>().InForceAsync(now, cancellationToken);
        var report = new SavingReport(
            version.Number, now, Processor(), traffic.Source, measured.WindowMicroseconds, parsed.GetValue(Target), rate.PricePerHourNano, rate.Currency, measured.Shared, measured.Dedicated);
        await session.Get<SavingBook>().AddAsync(session.Actor, version.Id, report, cancellationToken);
        output.Result(SavingTables.AsJson(report), () => SavingTables.Write(report, output));
    }

    private static async Task<ModelVersion> VersionAsync(PlatformSession session, int? number, CancellationToken cancellationToken)
    {
        if (number is { } wanted)
            return (await session.Get<ModelRegistry>().FindAsync(wanted, cancellationToken)).OrFail();
        return (await session.Get<DeploymentRollout>().FindLiveAsync(cancellationToken))?.ModelVersion
            ?? throw new CommandFailure("No deployment is live. Deploy a model version first, or name one with --version-number.");
    }

    /// <summary>One server after the other, so that none takes time from another.</summary>
    private static async Task<(ServerMeasurement Shared, IReadOnlyList<ServerMeasurement> Dedicated, long WindowMicroseconds)> MeasureAsync(
        string model, SavingTraffic traffic, int threads, Output output, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("platform-saving-"); // which nobody else may read
        var file = Path.Combine(folder.FullName, "traffic.jsonl");
        TrafficRequest.Write(file, traffic.Requests);
        try
        {
            List<string> tasks = [.. traffic.Requests.Select(request => request.Task).Distinct().Order(StringComparer.Ordinal)];
            return await Progress(output).StartAsync(async context =>
            {
                var (shared, end) = await ServeAsync(context, "one server for all tasks", tasks, null);
                var dedicated = new List<ServerMeasurement>();
                foreach (var task in tasks)
                    dedicated.Add((await ServeAsync(context, $"{task} alone", [task], task)).Server);
                return (shared, (IReadOnlyList<ServerMeasurement>)dedicated, Microseconds(Math.Max(traffic.Requests[^1].At, end)));

                async Task<(ServerMeasurement Server, double End)> ServeAsync(ProgressContext progress, string name, IReadOnlyList<string> its, string? only)
                {
                    var bar = progress.AddTask(Markup.Escape(name), maxValue: traffic.Requests.Count(request => only is null || request.Task == only));
                    var served = await SavingServer.StartAsync(model, file, only, threads == 0 ? Environment.ProcessorCount : threads, answered => bar.Increment(answered), cancellationToken);
                    bar.Value = bar.MaxValue;
                    return (Measurement(its, served), served.EndSeconds);
                }
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ServerMeasurement Measurement(IReadOnlyList<string> tasks, SavingServer.Served served)
    {
        var latencies = served.Latencies.Order().ToList();
        return new ServerMeasurement(
            tasks, latencies.Count, served.Refused, served.PromptTokens, Microseconds(served.BusySeconds), served.ResidentBytes, Quantile(latencies, 0.5), Quantile(latencies, 0.95));
    }

    private static Progress Progress(Output output)
    {
        var console = output.IsJson ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output.Errors) }) : output.Console;
        return console.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());
    }

    private static TimeSpan Quantile(List<double> sorted, double share) =>
        sorted.Count == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)]);

    private static long Microseconds(double seconds) => (long)Math.Round(seconds * 1e6);

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        var name = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
        return string.Create(CultureInfo.InvariantCulture, $"{name ?? "unknown processor"}, {Environment.ProcessorCount} cores");
    }

    private static void Check<T>(Option<T> option, Func<T, bool> holds, string problem) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && result.GetValueOrDefault<T>() is { } value && !holds(value))
            result.AddError(problem);
    });
}

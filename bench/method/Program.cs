using System.CommandLine;
using System.Globalization;
using Platform.MethodBench;
using Spectre.Console;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var bundles = new Argument<string?>("BUNDLES") { Description = "A folder that holds the suite's task bundles", Arity = ArgumentArity.ZeroOrOne };
var quick = new Option<bool>("--quick") { Description = "The small suite, about 20 minutes on two cores: short for --suite quick" };
var name = new Option<string>("--suite") { Description = "The suite: bench/method/NAME.json", HelpName = "NAME", DefaultValueFactory = _ => "suite" };
var data = new Option<string?>("--data") { Description = "The platform's data folder; default: data/method-SUITE", HelpName = "DIR" };
var seeds = new Option<int>("--seeds") { Description = "How many of the suite's seeds to run; default: all", DefaultValueFactory = _ => int.MaxValue, HelpName = "N" };
var report = new Option<bool>("--report") { Description = "Only write the tables anew from the results that are there" };
var root = new RootCommand("""
    Trains the arms of a suite (the whole method, its ablations, one model per task) with the platform itself and compares them on test rows.
    Every finished arm is added to bench/method/results.jsonl, so a call that was interrupted, or one on another machine, goes on where that file ends; the tables in
    docs/experiments.md are written from it.
    """) { bundles, quick, name, data, seeds, report };
root.SetAction(async (parsed, cancellationToken) =>
{
    var here = Path.GetFullPath(".");
    var suite = Suite.Read(Path.Combine(here, "bench", "method", $"{(parsed.GetValue(quick) ? "quick" : parsed.GetValue(name))}.json"));
    var bench = new Bench(here, suite, Math.Min(parsed.GetValue(seeds), suite.Seeds.Count));
    if (!parsed.GetValue(report))
    {
        var from = parsed.GetValue(bundles) ?? throw new InvalidDataException("Name the folder of task bundles: bench/method/run BUNDLES");
        await bench.RunAsync(Path.GetFullPath(from), Path.GetFullPath(parsed.GetValue(data) ?? Path.Combine("data", $"method-{suite.Name}")), cancellationToken);
    }

    bench.Report();
    return 0;
});
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = Product.StopPatience + TimeSpan.FromSeconds(10) });
}
catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
{
    AnsiConsole.MarkupLineInterpolated($"[red]{exception.Message}[/]");
    return 1;
}
catch (OperationCanceledException)
{
    AnsiConsole.WriteLine("Stopped. The same command goes on from here.");
    return 130;
}

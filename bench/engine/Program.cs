using System.CommandLine;
using System.Globalization;
using Platform.EngineBench;
using Platform.EngineBench.Measuring;

// The engine against its peers, in one run; see bench/README.md.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var parts = new Argument<string[]>("parts") { Description = $"What to measure: {string.Join(", ", Benchmark.Parts)}; all of it when none is named. Only when named: {Benchmark.Optional}, which needs a CUDA device", Arity = ArgumentArity.ZeroOrMore };
parts.AcceptOnlyFromAmong([.. Benchmark.Parts, Benchmark.Optional]);
var sizes = new Option<string>("--sizes") { Description = "Sizes of model, separated by commas", DefaultValueFactory = _ => "S,M,L" };
var quick = new Option<bool>("--quick") { Description = "Fewer cases and rounds: a quarter of an hour for everything" };
var threads = new Option<string>("--threads") { Description = "Threads of each contender, separated by commas", DefaultValueFactory = _ => "2,1" };
var folder = new Option<string>("--work") { Description = "Folder for random models, peers and results", DefaultValueFactory = _ => "bench/results/engine" };
var root = new RootCommand("Measures the engine against llama.cpp and PyTorch in one run, taking turns, and prints tables. A run that was interrupted goes on where it was.") { parts, sizes, quick, threads, folder };
root.SetAction(parsed => new Benchmark(
    parsed.GetRequiredValue(parts), List(parsed.GetRequiredValue(sizes)), new Settings(parsed.GetValue(quick), [.. List(parsed.GetRequiredValue(threads)).Select(int.Parse)]),
    parsed.GetRequiredValue(folder), Console.Out).Run());
var size = new Argument<string>("size");
var workerThreads = new Argument<int>("threads");
var worker = new Command("worker", "One of the processes of the curves part") { size, workerThreads, folder };
worker.Hidden = true;
worker.SetAction(parsed => Worker.Run(parsed.GetRequiredValue(size), parsed.GetValue(workerThreads), parsed.GetRequiredValue(folder)));
root.Subcommands.Add(worker);
return await root.Parse(args).InvokeAsync();

static string[] List(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

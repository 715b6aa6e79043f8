using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Platform.Engine.Native;
using Platform.PortalBench;

// How long every page takes with the data of a company that has used the platform for two months.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = new Argument<string>("data") { Description = "Data folder; made at the first call, measured again at later ones" };
var tasks = new Option<int>("--tasks") { Description = "Registered tasks", DefaultValueFactory = _ => 200 };
var rows = new Option<long>("--rows") { Description = "Rows of the largest dataset", DefaultValueFactory = _ => 1_000_000 };
var records = new Option<long>("--usage") { Description = "Usage records over sixty days", DefaultValueFactory = _ => 1_000_000 };
var versions = new Option<int>("--versions") { Description = "Runs and model versions, each with all tasks", DefaultValueFactory = _ => 20 };
var visits = new Option<int>("--visits") { Description = "Visits of each page", DefaultValueFactory = _ => 15 };
var program = new Option<string>("--portal") { Description = "The Portal's program", DefaultValueFactory = _ => "src/Portal/bin/Release/net10.0/Platform.Portal.dll" };
var model = new Option<string>("--base") { Description = "The base model, whose tokenizer counts the rows' lengths", DefaultValueFactory = _ => "models/base" };
var only = new Option<string?>("--only") { Description = "Only pages whose name contains this" };
var root = new RootCommand("Measures the Portal's pages in a real browser.") { folder, only, tasks, rows, records, versions, visits, program, model };
root.SetAction(async (parsed, cancellationToken) =>
{
    TorchRuntime.Initialize(null);
    var data = Path.GetFullPath(parsed.GetValue(folder)!);
    var size = new Size(parsed.GetValue(tasks), parsed.GetValue(rows), parsed.GetValue(records), parsed.GetValue(versions));
    var finished = Path.Combine(data, "finished");
    if (!File.Exists(finished))
    {
        Directory.CreateDirectory(data);
        var watch = Stopwatch.StartNew();
        await Installation.MakeAsync(data, Path.GetFullPath(parsed.GetValue(model)!), size, what => Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds,6:0} s  {what}"), cancellationToken);
        await File.WriteAllTextAsync(finished, $"{size}\n", cancellationToken);
    }

    await using var portal = await PortalProcess.StartAsync(Path.GetFullPath(parsed.GetValue(program)!), data, cancellationToken);
    await using var visitor = await Visitor.SignInAsync(portal.Address);
    Console.WriteLine($"{(await File.ReadAllTextAsync(finished, cancellationToken)).Trim()}; {parsed.GetValue(visits)} visits of each page.\n");
    Console.WriteLine("| page | p50, ms | p95, ms | Portal's processor time, ms |\n|---|---:|---:|---:|");
    foreach (var (name, path) in Pages.All(size).Where(page => parsed.GetValue(only) is not { } part || page.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))
    {
        await visitor.VisitAsync(path);
        var before = portal.ProcessorTime;
        List<double> times = [];
        for (var visit = 0; visit < parsed.GetValue(visits); visit++)
            times.Add(await visitor.VisitAsync(path));
        times.Sort();
        Console.WriteLine($"| {name} | {times[times.Count / 2]:0} | {times[times.Count * 95 / 100]:0} | {(portal.ProcessorTime - before).TotalMilliseconds / times.Count:0} |");
    }

    Console.WriteLine($"\nThe Portal's memory afterwards: {portal.ResidentBytes / (double)(1 << 20):N0} MiB.");
    return 0;
});
return await root.Parse(args).InvokeAsync();

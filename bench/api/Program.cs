using System.CommandLine;
using System.Globalization;
using Platform.ApiBench;
using Platform.ApiBench.Peers;
using Platform.Engine.Checkpoints;
using Platform.Engine.Inference;
using Platform.Engine.Native;
using Platform.Engine.Prompts;
using Platform.Engine.Serving;
using Platform.Engine.Tokenization;

// What keys, ledger, budgets and HTTP cost on top of the engine, and whether registered tasks without traffic cost anything.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var bundles = new Option<string>("--bundles") { Description = "Folder with task bundles", DefaultValueFactory = _ => "samples" };
var model = new Option<string>("--base") { Description = "The base model's Hugging Face folder", DefaultValueFactory = _ => "models/base" };
var program = new Option<string>("--api") { Description = "The Api's program", DefaultValueFactory = _ => "src/Api/bin/Release/net10.0/Platform.Api.dll" };
var tasks = new Option<int[]>("--tasks") { Description = "Registered tasks, one measurement for each; those beyond the bundles' get no traffic", DefaultValueFactory = _ => [0, 100, 1000], AllowMultipleArgumentsPerToken = true };
var callers = new Option<int>("--callers") { Description = "Callers at the same time", DefaultValueFactory = _ => 32 };
var seconds = new Option<double>("--seconds") { Description = "Length of one measurement", DefaultValueFactory = _ => 10 };
var rounds = new Option<int>("--rounds") { Description = "Measurements of each kind, in turn", DefaultValueFactory = _ => 5 };
var requests = new Option<int>("--requests") { Description = "Requests after which memory is compared; 0 leaves it out", DefaultValueFactory = _ => 20_000 };
var peer = new Option<bool>("--llama") { Description = "Also against llama.cpp behind HTTP (npm installs it into bench/results/api), on the tasks that get traffic" };
var root = new RootCommand("Measures the Api against the engine that it runs, and against llama.cpp.") { bundles, model, program, tasks, callers, seconds, rounds, requests, peer };
root.SetAction(async (parsed, cancellationToken) =>
{
    TorchRuntime.Initialize(null);
    var time = TimeSpan.FromSeconds(parsed.GetValue(seconds));
    var report = new Report(Console.Out);
    foreach (var count in parsed.GetValue(tasks)!)
    {
        var workload = new Workload(parsed.GetValue(bundles)!, count);
        var data = Directory.CreateTempSubdirectory("platform-bench-api-");
        try
        {
            Console.Error.WriteLine($"{workload.Specs.Count} tasks: making the installation");
            await using var installation = await Installation.MakeAsync(data.FullName, Path.GetFullPath(parsed.GetValue(model)!), workload, cancellationToken);
            await using var api = await ApiProcess.StartAsync(Path.GetFullPath(parsed.GetValue(program)!), installation, cancellationToken);
            using var engine = MultiTaskModel.Load(installation.ModelFolder, options: new InferenceOptions { MaxWaiting = 4096 });
            var bench = new Comparison(api, engine, workload, parsed.GetValue(callers), time);
            await bench.RunAsync(parsed.GetValue(rounds), parsed.GetValue(requests), report, cancellationToken);
            if (!parsed.GetValue(peer) || count != parsed.GetValue(tasks)![0])
                continue;
            var prompts = new PromptBuilder(Tokenizer.Load(installation.ModelFolder), HuggingFaceFolder.LoadConfig(installation.ModelFolder).EndToken!.Value);
            var (server, problem) = await LlamaServer.StartAsync(
                installation.ModelFolder, Path.Combine("bench", "results", "api"), prompts, workload, parsed.GetValue(callers), Environment.ProcessorCount, cancellationToken);
            if (server is null)
                throw new InvalidOperationException(problem);
            await using (server)
                await bench.RunAgainstAsync(server, parsed.GetValue(rounds), report, cancellationToken);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();

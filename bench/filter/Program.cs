using System.CommandLine;
using System.Globalization;
using Platform.BaseModelBench;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using Platform.FilterBench;

// Do the estimates of task filtering agree with trainings that were really made?
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var bundles = new Argument<string>("bundles") { Description = "Folder with the task bundles" };
var model = new Option<string>("--base") { Description = "The base model's Hugging Face folder", DefaultValueFactory = _ => "models/base" };
var seeds = new Option<int>("--seeds") { Description = "Trainings of each mixture, with seeds 1, 2, ...", DefaultValueFactory = _ => 2 };
var rows = new Option<int>("--rows") { Description = "Training rows of each task at most; all are shown once", DefaultValueFactory = _ => BenchSettings.Default.Rows };
var results = new Option<string>("--results") { Description = "Where results are kept; what is there is not measured again", DefaultValueFactory = _ => "bench/filter/results" };
var page = new Option<string?>("--docs") { Description = "Page whose section between the marks of bench/filter is written from the results" };
var reportOnly = new Option<bool>("--report") { Description = "Train nothing; only compare what is there" };
var threads = new Option<int?>("--threads") { Description = "Threads; default: all processors" };
var root = new RootCommand("Compares the estimates of task filtering with the truth.") { bundles, model, seeds, rows, results, page, reportOnly, threads };
root.SetAction((parsed, cancellationToken) =>
{
    TorchRuntime.Initialize(parsed.GetValue(threads));
    var settings = BenchSettings.Default with { Rows = parsed.GetValue(rows) };
    var baseModel = parsed.GetRequiredValue(model);
    var folder = Directory.CreateDirectory(parsed.GetRequiredValue(results)).FullName;
    var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
    var end = ModelConfig.Load(Path.Combine(baseModel, "config.json")).EndToken ?? throw new InvalidDataException($"{baseModel}: config.json has no eos_token_id.");
    var prompts = new PromptBuilder(Tokenizer.Load(baseModel), end);
    var tasks = settings.Tasks.Select(name => Cap(Bundle.Read(Path.Combine(parsed.GetRequiredValue(bundles), name), testRows: 1), settings)).ToList();
    var truth = new ResultsFile<TruthResult>(Path.Combine(folder, "truth.jsonl"));
    var estimates = new ResultsFile<EstimateResult>(Path.Combine(folder, "estimates.jsonl"));
    if (!parsed.GetValue(reportOnly))
    {
        new Estimates(settings, baseModel, prompts, tasks, estimates, work).Run(Console.Out, cancellationToken);
        new Truth(settings, baseModel, prompts, tasks, truth, work).Run(parsed.GetValue(seeds), Console.Out, cancellationToken);
    }

    var section = new Report(settings, truth.Read(), estimates.Read()).Section() ?? "There is nothing to compare yet.";
    if (parsed.GetValue(page) is { } file)
        DocsSection.Write(file, section);
    else
        Console.WriteLine(section);
    return Task.FromResult(0);
});
return await root.Parse(args).InvokeAsync();

static TaskData Cap(TaskData data, BenchSettings settings) => data with
{
    Train = RowSample.Of(data.Train, settings.Rows, BenchSettings.DataSeed),
    Validation = RowSample.Of(data.Validation, settings.ValidationRows, BenchSettings.DataSeed),
};

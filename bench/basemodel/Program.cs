using System.CommandLine;
using System.Globalization;
using Platform.BaseModelBench;
using Platform.Engine.Native;

// Does a base model help fine-tuning? The same tasks, examples, seeds and learning rates from its weights and from random ones.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var bundles = new Argument<string[]>("bundles") { Description = "Folders of task bundles", Arity = ArgumentArity.OneOrMore };
var model = new Option<string>("--base") { Description = "The base model's Hugging Face folder", DefaultValueFactory = _ => "models/base" };
var examples = new Option<int>("--examples") { Description = "Examples of one training", DefaultValueFactory = _ => 1500 };
var batch = new Option<int>("--batch") { Description = "Examples of one update", DefaultValueFactory = _ => 16 };
var seeds = new Option<int>("--seeds") { Description = "Trainings of each kind, with seeds 1, 2, ...", DefaultValueFactory = _ => 3 };
var rates = new Option<double[]>("--rates") { Description = "Learning rates; each start takes its best one by validation loss", DefaultValueFactory = _ => [5e-4, 1e-3], AllowMultipleArgumentsPerToken = true };
var starts = new Option<Start[]>("--starts") { Description = "What the trainings start from", DefaultValueFactory = _ => [Start.Base, Start.Random], AllowMultipleArgumentsPerToken = true };
var testRows = new Option<int>("--test-rows") { Description = "Test rows of a task, at most", DefaultValueFactory = _ => 500 };
var threads = new Option<int?>("--threads") { Description = "Threads; default: all processors" };
var root = new RootCommand("Fine-tunes tasks from a base model and from random weights, and compares.") { bundles, model, examples, batch, seeds, rates, starts, testRows, threads };
root.SetAction((parsed, cancellationToken) =>
{
    TorchRuntime.Initialize(parsed.GetValue(threads));
    var comparison = new Comparison(
        parsed.GetRequiredValue(model), parsed.GetValue(examples), parsed.GetValue(batch), parsed.GetValue(seeds),
        parsed.GetRequiredValue(rates), parsed.GetRequiredValue(starts), Console.Out);
    foreach (var folder in parsed.GetRequiredValue(bundles))
        comparison.Run(Bundle.Read(folder, parsed.GetValue(testRows)), cancellationToken);
    return Task.FromResult(0);
});
return await root.Parse(args).InvokeAsync();

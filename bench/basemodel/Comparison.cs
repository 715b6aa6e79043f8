using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using Platform.Engine.Training;

namespace Platform.BaseModelBench;

/// <summary>Where a training's first weights come from.</summary>
internal enum Start
{
    Base,
    Random,
}

/// <summary>Fine-tunes one task from each start and writes a line for each learning rate, then one for the best of each start.</summary>
internal sealed class Comparison(string baseModel, int examples, int batch, int seeds, double[] rates, Start[] starts, TextWriter output)
{
    private sealed record Outcome(double ValidationLoss, double Score);

    private readonly PromptBuilder _prompts = Prompts(baseModel);

    public void Run(TaskData task, CancellationToken cancellationToken)
    {
        var best = new Dictionary<Start, (double Rate, List<Outcome> Outcomes)>();
        foreach (var start in starts)
        {
            foreach (var rate in rates)
            {
                var outcomes = Enumerable.Range(1, seeds).Select(seed => Train(task, start, rate, seed, cancellationToken)).ToList();
                output.WriteLine(Line(task, start, rate, outcomes));
                if (!best.TryGetValue(start, out var known) || Loss(outcomes) < Loss(known.Outcomes))
                    best[start] = (rate, outcomes);
            }
        }

        foreach (var (start, (rate, outcomes)) in best)
            output.WriteLine($"best: {Line(task, start, rate, outcomes)}");
    }

    private Outcome Train(TaskData task, Start start, double rate, long seed, CancellationToken cancellationToken)
    {
        using var model = HuggingFaceFolder.LoadModel(baseModel);
        if (start == Start.Random)
            model.Initialize(seed);
        var folder = Directory.CreateTempSubdirectory("basemodel");
        try
        {
            var options = new TrainingOptions { LearningRate = rate, BatchExamples = batch, Validations = 4, CheckpointInterval = TimeSpan.FromHours(1), Seed = seed };
            var trained = FineTuner.Run(
                model, null, _prompts, [task], [examples], options, Path.Combine(folder.FullName, "checkpoint.safetensors"), "bench", _ => { }, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            using var predictor = new Predictor(model, _prompts);
            var test = Evaluator.Evaluate(predictor, task.Spec, task.Test, null, cancellationToken);
            return new Outcome(trained.ValidationLosses[task.Spec.Name], test.Score);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private string Line(TaskData task, Start start, double rate, List<Outcome> outcomes) =>
        $"{task.Spec.Name,-20} {(start == Start.Base ? "base" : "random"),-7} rate {rate:0.#####}  validation loss {Loss(outcomes):F3}  {task.Spec.Metric} {outcomes.Average(o => o.Score):F3}" +
        $"  of {examples} examples, {outcomes.Count} seeds: {string.Join(' ', outcomes.Select(o => o.Score.ToString("F3", null)))}";

    private static double Loss(List<Outcome> outcomes) => outcomes.Average(o => o.ValidationLoss);

    private static PromptBuilder Prompts(string folder)
    {
        var end = ModelConfig.Load(Path.Combine(folder, "config.json")).EndToken ?? throw new InvalidDataException($"{folder}: config.json has no eos_token_id.");
        return new PromptBuilder(Tokenizer.Load(folder), end);
    }
}

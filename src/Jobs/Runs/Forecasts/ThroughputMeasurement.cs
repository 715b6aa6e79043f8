using System.Diagnostics;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.Evaluation;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Tasks;
using Platform.Engine.Training;
using TorchSharp;
using Platform.Method;

namespace Platform.Jobs.Runs.Forecasts;

/// <summary>Trains and answers for a few seconds on the run's own base model and data, to learn how fast this device is at it.</summary>
internal static class ThroughputMeasurement
{
    /// <summary>Updates that count; the one before them warms up.</summary>
    private const int Updates = 3;

    private const int RowsForLength = 64; // of each task
    private const int RowsToAnswer = 4; // of each task

    /// <summary>What the device is called in a forecast, and by which samples are told apart.</summary>
    public static string Device()
    {
        var device = TorchRuntime.DefaultDevice();
        return device.type == DeviceType.CPU ? $"cpu of {Environment.MachineName}, {torch.get_num_threads()} threads" : $"{device} of {Environment.MachineName}";
    }

    /// <summary>All that the measured figures depend on.</summary>
    public static string HashOf(string device, string baseModelSha256, IEnumerable<object> tasks, Recipe recipe) => StepResults.Hash(new
    {
        device,
        baseModelSha256,
        tasks,
        recipe.MaxTokens,
        recipe.TooLong,
        recipe.Training.Method,
        recipe.Training.BatchExamples,
        recipe.Training.MicroBatchTokens,
        recipe.Training.GradientCheckpointing,
        recipe.Training.Precision,
        recipe.Adapters.Rank,
        recipe.Adapters.Targets,
    });

    /// <summary>On the engine's thread.</summary>
    /// <param name="folder">For what the trainings write; the caller deletes it.</param>
    public static ThroughputSample Measure(string baseModel, IReadOnlyList<TaskData> tasks, Recipe recipe, string folder, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var loaded = LoadedModel.Load(baseModel);
        var maxTokens = Math.Min(recipe.MaxTokens, loaded.Model.Config.ContextTokens);
        var samples = Answers(loaded, tasks, recipe, maxTokens, cancellationToken);
        var validation = Validation(loaded, tasks, recipe, maxTokens, samples);
        var (adapterSpeed, adapterPeak, _, _) = Adapter(loaded, tasks, recipe, folder, cancellationToken);
        var (speed, peak, tokens, seconds) = Train(loaded, null, tasks, EngineMapping.Training(recipe), Path.Combine(folder, "full", "checkpoint"), cancellationToken);
        return new ThroughputSample(Device(), now, speed, adapterSpeed, validation, peak, adapterPeak, tokens, seconds, samples);
    }

    private static (double Speed, long Peak, long Tokens, double Seconds) Adapter(
        LoadedModel loaded, IReadOnlyList<TaskData> tasks, Recipe recipe, string folder, CancellationToken cancellationToken)
    {
        using var adapter = new LoraAdapter(loaded.Model, EngineMapping.Adapter(recipe));
        return Train(loaded, adapter, tasks, EngineMapping.AdapterTraining(recipe), Path.Combine(folder, "adapter", "checkpoint"), cancellationToken);
    }

    private static (double Speed, long Peak, long Tokens, double Seconds) Train(
        LoadedModel loaded, LoraAdapter? adapter, IReadOnlyList<TaskData> tasks, TrainingOptions options, string checkpoint, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(checkpoint)!);
        var examples = (long)Math.Ceiling((1 + Updates) * options.BatchExamples / (double)tasks.Count);
        List<FineTuningProgress> updates = [];
        var result = FineTuner.Run(
            loaded.Model, adapter, loaded.Prompts, tasks, [.. tasks.Select(_ => examples)],
            options with { Validations = 0, EarlyStopPatience = 0, CheckpointInterval = TimeSpan.FromDays(1) }, checkpoint, "throughput",
            progress =>
            {
                if (progress.ExamplesDone > 0 && (updates.Count == 0 || progress.ExamplesDone > updates[^1].ExamplesDone))
                    updates.Add(progress);
            }, cancellationToken);
        if (!result.Completed)
            throw new OperationCanceledException(cancellationToken);

        // Where all rows fit one update there is no warm one to compare with.
        var first = updates.Count > 1 ? updates[0] : updates[0] with { TokensDone = 0, DeviceTime = TimeSpan.Zero };
        var (tokens, seconds) = (updates[^1].TokensDone - first.TokensDone, Math.Max(1e-6, (updates[^1].DeviceTime - first.DeviceTime).TotalSeconds));
        return (tokens / seconds, result.Memory.Measured ?? result.Memory.Predicted, tokens, seconds);
    }

    private static Dictionary<string, TaskSample> Answers(LoadedModel loaded, IReadOnlyList<TaskData> tasks, Recipe recipe, int maxTokens, CancellationToken cancellationToken)
    {
        using var predictor = new Predictor(loaded.Model, loaded.Prompts);
        Dictionary<string, TaskSample> samples = [];
        foreach (var task in tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var lengths = RowSample.Of(task.Train, RowsForLength, recipe.Seed)
                .Select(row => (Prompt: loaded.Prompts.Prompt(task.Spec, row.Text, row.Text2).FullTokens, Answer: loaded.Prompts.Answer(row.Output).Length)).ToList();
            var rows = RowSample.Of(task.Validation, RowsToAnswer, recipe.Seed);
            if (samples.Count == 0)
                Evaluator.Evaluate(predictor, task.Spec, rows, null, cancellationToken);
            var answered = Evaluator.Evaluate(predictor, task.Spec, rows, null, cancellationToken);

            // A base model that was not taught to stop writes on; a fine-tuned one answers about as long as the data does.
            var expected = lengths.Average(row => Math.Min(row.Prompt, maxTokens) + row.Answer) * rows.Count;
            var share = task.Spec.IsClosed ? 1 : Math.Min(1, expected / Math.Max(1, answered.Tokens));
            samples[task.Spec.Name] = new TaskSample(
                lengths.Average(row => Math.Min(row.Prompt + row.Answer, maxTokens)), answered.DeviceTime.TotalSeconds * share / rows.Count);
        }

        return samples;
    }

    private static double Validation(LoadedModel loaded, IReadOnlyList<TaskData> tasks, Recipe recipe, int maxTokens, Dictionary<string, TaskSample> samples)
    {
        var (tokens, watch) = (0d, new Stopwatch());
        foreach (var task in tasks)
        {
            var rows = RowSample.Of(task.Validation, RowsToAnswer * 2, recipe.Seed);
            watch.Start();
            Evaluator.Loss(loaded.Model, loaded.Prompts, task.Spec, rows, maxTokens);
            watch.Stop();
            tokens += rows.Count * samples[task.Spec.Name].TrainTokens;
        }

        return tokens / Math.Max(1e-6, watch.Elapsed.TotalSeconds);
    }
}

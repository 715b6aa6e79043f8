using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>Fine-tunes a model, or an adapter on it, on a mixture of tasks.</summary>
public static class FineTuner
{
    /// <summary>
    /// Trains in place and ends with the weights of the best validation. A training that was interrupted goes on from its
    /// checkpoint; on the CPU it then ends bit for bit as if it had not been.
    /// </summary>
    /// <param name="model">The model; with an adapter its own weights stay as they are.</param>
    /// <param name="adapter">The adapter to train, or null to train all weights.</param>
    /// <param name="prompts">Builds the prompts.</param>
    /// <param name="tasks">The tasks of the mixture.</param>
    /// <param name="examplesPerTask">How many examples of each task are shown; 0 leaves a task out.</param>
    /// <param name="options">How.</param>
    /// <param name="checkpointPath">What the names of the checkpoints begin with; deleted by the caller once the result is safe.</param>
    /// <param name="identity">Names the training: a hash of base model, data and recipe.</param>
    /// <param name="progress">Called after every update.</param>
    /// <param name="cancellationToken">Stops after the current update with a checkpoint.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or no task has examples to show.</exception>
    /// <exception cref="InvalidDataException">The data cannot be trained on; the message names task and row.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite several times in a row.</exception>
    /// <exception cref="TrainingMemoryException">There is not enough memory for a single row at a time, or for an update.</exception>
    /// <exception cref="IOException">The last checkpoint could not be written; the one before is still there. Earlier ones that fail are reported and tried again.</exception>
    public static FineTuningResult Run(
        CausalLanguageModel model,
        LoraAdapter? adapter,
        PromptBuilder prompts,
        IReadOnlyList<TaskData> tasks,
        IReadOnlyList<long> examplesPerTask,
        TrainingOptions options,
        string checkpointPath,
        string identity,
        Action<FineTuningProgress> progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(examplesPerTask);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        var chosen = Enumerable.Range(0, tasks.Count).Where(i => examplesPerTask[i] > 0).ToList();
        if (chosen.Count == 0)
            throw new ArgumentException("No task has examples to show.", nameof(examplesPerTask));
        var maxTokens = Math.Min(options.MaxTokens, model.Config.ContextTokens);
        var train = TrainingOrder.Rows(prompts, [.. chosen.Select(i => tasks[i])], maxTokens, options);
        var validation = chosen.Where(i => tasks[i].Validation.Count > 0).Select(i => TokenizedTask.Create(
            prompts, tasks[i].Spec, RowSample.Of(tasks[i].Validation, options.ValidationRowsMax, options.Seed), maxTokens, LongRows.Truncate, options.Objective)).ToList();
        var batches = TrainingOrder.Plan(train, chosen, examplesPerTask, options);

        var gauge = MemoryGauge.Start(model.Device, model.SizeBytes + (adapter?.SizeBytes ?? 0));
        using var used = adapter?.Use(model);
        using var narrowed = options.Precision == TrainingPrecision.BFloat16 ? new NarrowedWeights(model) : null;
        var frozen = adapter is null ? [] : model.parameters().Where(p => p.requires_grad).ToList();
        frozen.ForEach(p => p.requires_grad_(false));
        try
        {
            var trained = adapter is null
                ? model.named_parameters().Select(p => (p.name, p.parameter)).ToList()
                : [.. adapter.NamedParameters()];
            using var training = new TrainingLoop(model, adapter, trained, adapter is null ? narrowed?.Masters : null, train, validation, batches, options, checkpointPath, identity, progress) { Gauge = gauge };
            return training.Run(cancellationToken);
        }
        finally
        {
            frozen.ForEach(p => p.requires_grad_(true));
        }
    }
}

using Platform.Domain.Runs.Recipes;
using Platform.Engine.Models;
using Platform.Engine.Tasks;
using Platform.Engine.Training;
using Platform.Method;

namespace Platform.Jobs.Runs.Steps;

internal static class FineTuning
{
    /// <summary>Trains all weights, or what the recipe trains in their place and then adds to them.</summary>
    public static TrainingOutcome TrainWhole(
        LoadedModel loaded, Recipe recipe, IReadOnlyList<TaskData> tasks, IReadOnlyList<long> examples, TrainingOptions options,
        string checkpoint, string identity, StepReporter reporter, CancellationToken cancellationToken)
    {
        if (EngineMapping.WholeAdapter(recipe) is not { } lora || options.Objective == TrainingObjective.InputTexts)
            return Train(loaded, null, tasks, examples, options, checkpoint, identity, reporter, cancellationToken);
        using var adapter = new LoraAdapter(loaded.Model, lora);
        var outcome = Train(loaded, adapter, tasks, examples, options, checkpoint, identity, reporter, cancellationToken);
        adapter.MergeInto(loaded.Model);
        return outcome;
    }

    /// <summary>Trains on the engine's thread; returns only when the training is complete.</summary>
    public static TrainingOutcome Train(
        LoadedModel loaded, LoraAdapter? adapter, IReadOnlyList<TaskData> tasks, IReadOnlyList<long> examples, TrainingOptions options,
        string checkpoint, string identity, StepReporter reporter, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(checkpoint)!);
        var result = FineTuner.Run(
            loaded.Model, adapter, loaded.Prompts, tasks, examples, options, checkpoint, identity, reporter.Training, cancellationToken);
        if (!result.Completed)
            throw new OperationCanceledException("The training stopped at a checkpoint.", cancellationToken);
        foreach (var (task, rows) in result.RowsCut.Where(cut => cut.Value > 0))
            reporter.Note($"{task}: {rows:N0} training rows are longer than {options.MaxTokens} tokens and were {(options.LongRows == LongRows.Drop ? "left out" : "cut")}.");
        return TrainingOutcome.From(result) with
        {
            PlannedByTask = tasks.Zip(examples).Where(part => part.Second > 0).ToDictionary(part => part.First.Spec.Name, part => part.Second),
        };
    }
}

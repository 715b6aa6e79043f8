using System.Globalization;
using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>What joining would do to one task of the mixture.</summary>
/// <param name="Task">The task; for a neighbour the effect is on it, else on the task that would join.</param>
/// <param name="Effect">Change of its validation loss as a share of it; above 0 it hurts.</param>
/// <param name="Sentence">In plain words.</param>
public sealed record WhatIfEffect(string Task, Interval Effect, string Sentence);

/// <summary>What would happen if a task joined.</summary>
/// <param name="Task">The task.</param>
/// <param name="OnItself">All others' effect on it, against training alone.</param>
/// <param name="OnNeighbours">Its effect on each task of the probe, the strongest first.</param>
/// <param name="TrainRows">Its rows that were looked at, to learn from.</param>
/// <param name="ValidationRows">Its rows that the effect on it was measured on.</param>
/// <param name="Confidence">Of the intervals.</param>
public sealed record WhatIfResult(
    string Task, WhatIfEffect OnItself, IReadOnlyList<WhatIfEffect> OnNeighbours, int TrainRows, int ValidationRows, double Confidence);

/// <summary>Estimates, from a stored probe, what a task that was no part of it would do to itself and to its neighbours by joining.</summary>
public static class WhatIf
{
    /// <summary>Takes the gradients of the task's rows at the probe's weights and estimates; nothing is trained.</summary>
    /// <param name="folder">The probe's folder.</param>
    /// <param name="loadBase">Loads the base model that the probe was made on; it is disposed here.</param>
    /// <param name="prompts">Builds the prompts.</param>
    /// <param name="task">The task; one of the same name in the probe counts as the same task and is replaced.</param>
    /// <param name="cancellationToken">Stops between passes and draws.</param>
    /// <exception cref="InvalidDataException">The folder holds no probe, or the task has too few rows.</exception>
    public static WhatIfResult Estimate(
        string folder, Func<CausalLanguageModel> loadBase, PromptBuilder prompts, TaskData task, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(loadBase);
        ArgumentNullException.ThrowIfNull(task);
        if (task.Train.Count == 0 || task.Validation.Count < 2)
            throw new InvalidDataException($"{task.Spec.Name} has {task.Train.Count} training and {task.Validation.Count} validation rows; an estimate needs at least 1 and 2. Some hundred give useful intervals.");
        var probe = ProbeRecord.Load(folder);
        var neighbours = probe.Tasks.Where(known => known.Name != task.Spec.Name).ToList();
        if (neighbours.Count == 0)
            throw new InvalidDataException($"The probe holds no task beside {task.Spec.Name}.");
        var joining = Gradients(probe, folder, loadBase, prompts, task, neighbours, cancellationToken);
        var map = LeaveOneOut.Map([.. neighbours, joining], probe.Options, probe.Seed, cancellationToken);
        return Result(map, joining);
    }

    /// <summary>Reads the last line of a map: the task that would join.</summary>
    internal static WhatIfResult Result(CompatibilityMap map, ProbedTask joining)
    {
        var last = map.Tasks.Count - 1;
        var others = map.Others[last]!;
        return new WhatIfResult(
            joining.Name,
            new WhatIfEffect(joining.Name, others, Sentence($"In the mixture the validation loss of {joining.Name} would be", others, "than alone")),
            [.. Enumerable.Range(0, last)
                .Select(j => new WhatIfEffect(map.Tasks[j], map.Effects[last][j]!, Sentence($"With {joining.Name} in the mixture the validation loss of {map.Tasks[j]} would be", map.Effects[last][j]!, "than without")))
                .OrderByDescending(effect => Math.Abs(effect.Effect.Value))],
            joining.Train.Rows, joining.Validation.Rows, map.Confidence);
    }

    private static ProbedTask Gradients(
        ProbeRecord probe, string folder, Func<CausalLanguageModel> loadBase, PromptBuilder prompts, TaskData task, List<ProbedTask> neighbours,
        CancellationToken cancellationToken)
    {
        using var model = loadBase();
        using var adapter = PeftFolder.Load(ProbeRecord.Adapter(folder), model);
        using var used = adapter.Use(model);
        using var frozen = new FrozenWeights(model);
        // As many examples as its neighbours had, as far as its rows allow without too many repetitions.
        var examples = Math.Min((long)neighbours.Average(neighbour => neighbour.Examples), LoraProbe.MaxEpochs * (long)task.Train.Count);
        return LoraProbe.Gradients(
            model, adapter, prompts, task, Math.Max(1, examples), probe.Options, probe.Seed, probe.MaxTokens, PassTokens, cancellationToken).Task;
    }

    private const int PassTokens = 2048;

    private static string Sentence(string begin, Interval effect, string against)
    {
        if (effect.Low <= 0 && effect.High >= 0)
            return string.Create(CultureInfo.InvariantCulture, $"{begin} about the same {against.Replace("than", "as", StringComparison.Ordinal)}: no effect is proven ({effect.Low * 100:+0.0;-0.0} to {effect.High * 100:+0.0;-0.0} %).");
        var (low, high) = effect.Value < 0 ? (-effect.High, -effect.Low) : (effect.Low, effect.High);
        return string.Create(CultureInfo.InvariantCulture, $"{begin} {Math.Abs(effect.Value) * 100:0.0} % {(effect.Value > 0 ? "higher" : "lower")} {against} ({low * 100:0.0} to {high * 100:0.0}).");
    }
}

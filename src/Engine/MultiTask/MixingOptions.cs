namespace Platform.Engine.MultiTask;

/// <summary>How a stage divides its examples between tasks.</summary>
public enum MixingStrategy
{
    /// <summary>By size, with a cap and a temperature (<see cref="Mixing.Proportional"/>).</summary>
    Proportional,

    /// <summary>By how much there is to be learnt in the tasks' answers (<see cref="Mixing.Information"/>).</summary>
    Information,

    /// <summary>Equal shares, as far as the tasks' rows allow (<see cref="Mixing.UniMax"/>).</summary>
    UniMax,

    /// <summary>Equal shares whatever the sizes; small tasks are shown as often as that takes.</summary>
    Uniform,

    /// <summary>As the recipe says for each task.</summary>
    Weights,
}

/// <summary>A task as mixing sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TrainRows">Rows of its training split.</param>
/// <param name="AnswerBits">Entropy of its training answers, bits per row.</param>
public sealed record MixedTask(string Name, int TrainRows, double AnswerBits);

/// <summary>The settings of a mixture.</summary>
public sealed record MixingOptions
{
    /// <summary>How.</summary>
    public MixingStrategy Strategy { get; init; } = MixingStrategy.UniMax;

    /// <summary>K of <see cref="MixingStrategy.Proportional"/> and <see cref="MixingStrategy.Information"/>: rows beyond it do not raise a task's share.</summary>
    public int Cap { get; init; } = 30_000;

    /// <summary>T of both: 1 is by size or information, more is flatter.</summary>
    public double Temperature { get; init; } = 2;

    /// <summary>Passes over a task's rows that are never exceeded, but for <see cref="MixingStrategy.Uniform"/>.</summary>
    public int MaxEpochs { get; init; } = 8;

    /// <summary>Relative weight of each task for <see cref="MixingStrategy.Weights"/>; a task without one is left out.</summary>
    public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double>();

    /// <summary>Divides a budget.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="budget">Examples to draw in all.</param>
    /// <returns>Examples per task, in their order; they sum to the budget, or to all that the tasks can use where that is less.</returns>
    /// <exception cref="ArgumentException">A weight is negative or no number.</exception>
    public IReadOnlyList<long> Divide(IReadOnlyList<MixedTask> tasks, long budget)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        var sizes = tasks.Select(task => task.TrainRows).ToList();
        return Strategy switch
        {
            MixingStrategy.Proportional => Mixing.ByExamples(Mixing.Proportional(sizes, Cap, Temperature), budget, sizes, MaxEpochs),
            MixingStrategy.Information => Mixing.ByExamples(Mixing.Information(sizes, [.. tasks.Select(task => task.AnswerBits)], Cap, Temperature), budget, sizes, MaxEpochs),
            MixingStrategy.UniMax => Mixing.UniMax(sizes, budget, MaxEpochs),
            MixingStrategy.Uniform => Mixing.Uniform(sizes, budget),
            _ => Mixing.ByExamples([.. tasks.Select(task => Weights.GetValueOrDefault(task.Name))], budget, sizes, MaxEpochs),
        };
    }
}

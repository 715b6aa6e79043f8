namespace Platform.Engine.MultiTask;

/// <summary>How many examples of each task the stages show.</summary>
/// <param name="Tasks">Names, in the order of all lists.</param>
/// <param name="HighResource">Whether a task takes part in stage 2.</param>
/// <param name="Stage2Examples">Examples of each task in stage 2; 0 for low-resource tasks.</param>
/// <param name="Stage3Examples">Examples of each task in stage 3.</param>
public sealed record MixturePlan(
    IReadOnlyList<string> Tasks,
    IReadOnlyList<bool> HighResource,
    IReadOnlyList<long> Stage2Examples,
    IReadOnlyList<long> Stage3Examples)
{
    /// <summary>What each task sees in both stages together.</summary>
    public IReadOnlyList<long> TotalExamples => [.. Stage2Examples.Zip(Stage3Examples, (a, b) => a + b)];

    /// <summary>Plans both stages.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="examplesBudget">Examples of both stages together.</param>
    /// <param name="stage2Share">Part of the budget for stage 2, 0 to 1; 0 leaves it out. What its tasks cannot use goes to stage 3.</param>
    /// <param name="highResource">Indexes of the tasks of stage 2 (see <see cref="MultiTask.HighResource"/>); none leaves it out.</param>
    /// <param name="stage2">How stage 2 divides its part between them.</param>
    /// <param name="stage3">How stage 3 divides the rest between all; with <paramref name="continues"/>, how both stages together divide the whole.</param>
    /// <param name="continues">Whether stage 3 shows what its mixing gives a task less what stage 2 has shown of it, so that stage 2 changes the order of the examples and not their number.</param>
    public static MixturePlan Create(
        IReadOnlyList<MixedTask> tasks,
        long examplesBudget,
        double stage2Share,
        IReadOnlyCollection<int> highResource,
        MixingOptions stage2,
        MixingOptions stage3,
        bool continues = false)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(highResource);
        ArgumentNullException.ThrowIfNull(stage2);
        ArgumentNullException.ThrowIfNull(stage3);
        var members = highResource.Order().ToList();
        var all = stage3.Divide(tasks, examplesBudget);
        var first = new long[tasks.Count];
        foreach (var (member, examples) in members.Zip(stage2.Divide([.. members.Select(i => tasks[i])], (long)Math.Round(examplesBudget * stage2Share))))
            first[member] = continues ? Math.Min(examples, all[member]) : examples;
        return new MixturePlan(
            [.. tasks.Select(t => t.Name)], [.. Enumerable.Range(0, tasks.Count).Select(members.Contains)], first,
            continues ? [.. all.Zip(first, (examples, shown) => examples - shown)] : stage3.Divide(tasks, examplesBudget - first.Sum()));
    }
}

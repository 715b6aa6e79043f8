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
    /// <summary>What each task sees in both stages together; single-task baselines see the same, so that arms compare.</summary>
    public IReadOnlyList<long> BaselineExamples => [.. Stage2Examples.Zip(Stage3Examples, (a, b) => a + b)];

    /// <summary>Plans: stage 2 mixes high-resource tasks by size with cap and temperature, stage 3 all tasks by UniMax.</summary>
    /// <param name="tasks">Name and training rows of each.</param>
    /// <param name="examplesBudget">Examples of both stages together.</param>
    /// <param name="stage2Share">Part of the budget for stage 2, 0 to 1; 0 leaves it out.</param>
    /// <param name="maxEpochs">How often one row is shown at most in stage 3.</param>
    /// <param name="byLargestGap">Whether the largest gap between sizes divides high from low; otherwise <paramref name="highResourceMinRows"/> does.</param>
    /// <param name="highResourceMinRows">Least training rows of a high-resource task.</param>
    /// <param name="temperature">T of stage 2's mixing.</param>
    /// <param name="cap">K of stage 2's mixing, rows.</param>
    public static MixturePlan Create(
        IReadOnlyList<(string Name, int TrainRows)> tasks,
        long examplesBudget,
        double stage2Share,
        int maxEpochs,
        bool byLargestGap,
        int highResourceMinRows,
        double temperature,
        int cap)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        var sizes = tasks.Select(t => t.TrainRows).ToList();
        var high = (byLargestGap ? MultiTask.HighResource.ByLargestGap(sizes) : MultiTask.HighResource.ByMinimum(sizes, highResourceMinRows)).ToHashSet();
        var stage2Budget = high.Count == 0 ? 0 : (long)Math.Round(examplesBudget * stage2Share);
        var stage2 = new long[tasks.Count];
        if (stage2Budget > 0)
        {
            var members = high.Order().ToList();
            var memberSizes = members.Select(i => sizes[i]).ToList();
            var counts = Mixing.ByExamples(Mixing.Proportional(memberSizes, cap, temperature), stage2Budget, memberSizes, maxEpochs);
            for (var m = 0; m < members.Count; m++)
                stage2[members[m]] = counts[m];
        }

        var stage3 = Mixing.UniMax(sizes, examplesBudget - stage2.Sum(), maxEpochs);
        return new MixturePlan([.. tasks.Select(t => t.Name)], [.. Enumerable.Range(0, tasks.Count).Select(high.Contains)], stage2, stage3);
    }
}

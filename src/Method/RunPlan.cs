using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.MultiTask;

namespace Platform.Method;

/// <summary>Which steps a run has, in which order, and how many examples each will see.</summary>
public static class RunPlan
{
    /// <summary>All steps that are known now. Adapters join once the filter has decided; their places are kept free from the start.</summary>
    /// <param name="tasks">The run's tasks, in the order of their names.</param>
    public static IReadOnlyList<PlannedStep> Steps(Recipe recipe, IReadOnlyList<RunTask> tasks)
    {
        var all = EngineMapping.Mixture(recipe, tasks, recipe.ExamplesBudget);
        var kept = KeptMixture(recipe, tasks, all);
        var count = tasks.Count;
        List<PlannedStep> steps = [new(RunStepKind.CheckData, null, tasks.Sum(task => task.TrainRows), 1)];
        for (var i = 0; i < count; i++)
            steps.Add(new(RunStepKind.Baseline, tasks[i].TaskId, BaselineExamples(recipe, tasks[i], all.TotalExamples[i]), 2 + i));
        if (recipe.Filter.Strategy is not (FilterStrategy.None or FilterStrategy.Rules))
            steps.Add(new(RunStepKind.Probe, null, ProbeExamples(recipe), 2 + count));
        // How many texts its tokens are shows when they are tokenized.
        if (recipe.Stage0.Tokens > 0)
            steps.Add(new(RunStepKind.Stage0, null, 0, 3 + count));
        if (recipe.Stage2.Share > 0)
            steps.Add(new(RunStepKind.Stage2, null, kept.Stage2Examples.Sum(), 4 + count));
        steps.Add(new(RunStepKind.Stage3, null, kept.Stage3Examples.Sum(), 5 + count));
        for (var i = 0; i < count; i++)
            if (tasks[i].Decision == TaskDecision.Isolated)
                steps.Add(new(RunStepKind.Adapter, tasks[i].TaskId, AdapterExamples(recipe, BaselineExamples(recipe, tasks[i], all.TotalExamples[i])), 6 + count + i));
        steps.Add(new(RunStepKind.Evaluate, null, tasks.Sum(task => Math.Min(task.TestRows, recipe.Evaluation.TestRowsMax ?? long.MaxValue)), 6 + 2 * count));
        steps.Add(new(RunStepKind.Register, null, 0, 7 + 2 * count));
        return steps;
    }

    public static long ProbeExamples(Recipe recipe) => (long)(recipe.Filter.Share * recipe.ExamplesBudget);

    /// <param name="mixtureExamples">What the shared model sees of the task.</param>
    private static long BaselineExamples(Recipe recipe, RunTask task, long mixtureExamples)
    {
        var wanted = recipe.Baselines.Epochs is { } epochs ? (long)Math.Ceiling(epochs * task.TrainRows) : mixtureExamples;
        return Math.Max(1, Math.Min(wanted, recipe.Baselines.ExamplesMax ?? long.MaxValue));
    }

    /// <summary>No arm sees more examples of a task than the others: an adapter at most as many as the task's own dedicated model.</summary>
    public static long AdapterExamples(Recipe recipe, long baselineExamples) => Math.Max(1, Math.Min(recipe.Adapters.Examples, baselineExamples));

    /// <summary>
    /// The mixture of the tasks that were not isolated. The budget of each stage shrinks by what the isolated ones would have had, so
    /// that a kept task sees as much of its data as its dedicated model did.
    /// </summary>
    public static MixturePlan KeptMixture(Recipe recipe, IReadOnlyList<RunTask> tasks) =>
        KeptMixture(recipe, tasks, EngineMapping.Mixture(recipe, tasks, recipe.ExamplesBudget));

    private static MixturePlan KeptMixture(Recipe recipe, IReadOnlyList<RunTask> tasks, MixturePlan all)
    {
        var kept = Enumerable.Range(0, tasks.Count).Where(i => tasks[i].Decision != TaskDecision.Isolated).ToList();
        if (kept.Count == tasks.Count)
            return all;
        var (stage2, total) = (kept.Sum(i => all.Stage2Examples[i]), kept.Sum(i => all.TotalExamples[i]));
        return EngineMapping.Mixture(recipe with { Stage2 = recipe.Stage2 with { Share = (double)stage2 / total } }, [.. kept.Select(i => tasks[i])], total);
    }
}

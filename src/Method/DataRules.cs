using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.MultiTask.Filtering;

namespace Platform.Method;

/// <summary>What is decided about tasks before anything is measured: by the recipe's overrides, its strategy none, and the rules on the data.</summary>
public static class DataRules
{
    /// <summary>What the rules say of each task, overrides aside; null where they leave it to the strategy.</summary>
    /// <param name="tasks">All tasks of the run.</param>
    public static IReadOnlyList<FilterDecision?> Decide(Recipe recipe, IReadOnlyList<RunTask> tasks)
    {
        var nobodyLeft = tasks.All(task => recipe.Filter.Overrides.TryGetValue(task.Task!.Name, out var decided)
            ? decided.Decision == OverrideDecision.Isolated
            : task.TrainRows < recipe.MinTrainRows);
        return [.. tasks.Select(task =>
        {
            var decision = recipe.Filter.Strategy == FilterStrategy.None
                ? NoFilter.Keep(task.Task!.Name)
                : RulesFilter.Decide(task.Task!.Name, task.TrainRows, recipe.MinTrainRows, nobodyLeft);
            return decision.Isolate || nobodyLeft || recipe.Filter.Strategy is FilterStrategy.None or FilterStrategy.Rules ? decision : null;
        })];
    }

    /// <summary>The recipe's decision on a task. A person who decided since the run was planned knew the recipe.</summary>
    public static void Override(RunTask task, FilterOverride decided)
    {
        if (task.DecidedByName is null)
            task.Override(decided.Decision == OverrideDecision.Kept ? TaskDecision.Kept : TaskDecision.Isolated, decided.Reason, "the recipe");
    }
}

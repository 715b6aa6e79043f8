namespace Platform.Domain.Runs.Recipes;

/// <summary>
/// Settings that the document knows and no step carries out yet. A run that asks for one is refused instead of ignoring it. Whoever
/// builds one deletes its line here.
/// </summary>
internal static class PendingSettings
{
    /// <param name="Path">The field that is shown as the one at fault.</param>
    /// <param name="Sentence">What to write instead.</param>
    public sealed record Pending(string Path, Func<Recipe, bool> IsAsked, string Sentence);

    public static IReadOnlyList<Pending> All { get; } =
    [
        new("stage0.tokens", recipe => recipe.Stage0.Tokens > 0, "training on the tasks' own texts is not available yet; write 0."),
        new("filter.strategy", recipe => recipe.Filter.Strategy is FilterStrategy.Affinity or FilterStrategy.LeaveOneOut, "affinity and leaveOneOut are not available yet; write none, rules or measured."),
        new("filter.confidence", recipe => recipe.Filter.Confidence != 0.95, "another confidence than 0.95 is not available yet."),
        new("filter.checkBorderline", recipe => recipe.Filter.CheckBorderline, "the check of borderline tasks is not available yet; write false."),
        new("filter.overrides", recipe => recipe.Filter.Overrides.Count > 0, "decisions in the filter's place are not available yet; leave them out."),
        new("stage2.highResource", recipe => recipe.Stage2.HighResource == HighResourceRule.Quantile, "quantile is not available yet; write largestGap or minRows."),
        new("stage2.mixing.strategy", recipe => recipe.Stage2.Mixing.Strategy != MixingStrategy.Proportional, "stage 2 can only mix by proportional yet."),
        new("stage2.mixing.maxEpochs", recipe => recipe.Stage2.Mixing.MaxEpochs != recipe.Stage3.Mixing.MaxEpochs, "both stages still share this number; write the same as in stage3.mixing.maxEpochs."),
        new("stage2.lossBalance", recipe => recipe.Stage2.LossBalance == LossBalance.Coba, "coba is not available yet; write token, example or task."),
        new("stage3.mixing.strategy", recipe => recipe.Stage3.Mixing.Strategy != MixingStrategy.UniMax, "stage 3 can only mix by uniMax yet."),
        new("stage3.lossBalance", recipe => recipe.Stage3.LossBalance == LossBalance.Coba, "coba is not available yet; write token, example or task."),
        new("stage3.earlyStop.rollBack", recipe => recipe.Stage3.EarlyStop.RollBack, "going back to a task's best checkpoint is not available yet; write false."),
        new("stage3.earlyStop.replayShare", recipe => recipe.Stage3.EarlyStop.ReplayShare != 0.1, "another replay share than 0.1 is not available yet."),
        new("training.method", recipe => recipe.Training.Method == TrainingMethod.Lora, "lora is not available for the stages yet; write full."),
    ];
}

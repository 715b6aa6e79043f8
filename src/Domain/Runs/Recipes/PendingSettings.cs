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
        new("filter.strategy", recipe => recipe.Filter.Strategy is FilterStrategy.Affinity or FilterStrategy.LeaveOneOut, "affinity and leaveOneOut are not available yet; write none, rules or measured."),
        new("filter.confidence", recipe => recipe.Filter.Confidence != 0.95, "another confidence than 0.95 is not available yet."),
        new("filter.checkBorderline", recipe => recipe.Filter.CheckBorderline, "the check of borderline tasks is not available yet; write false."),
        new("filter.overrides", recipe => recipe.Filter.Overrides.Count > 0, "decisions in the filter's place are not available yet; leave them out."),
    ];
}

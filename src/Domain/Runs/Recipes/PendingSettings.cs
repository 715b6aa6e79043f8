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

    public static IReadOnlyList<Pending> All { get; } = [];
}

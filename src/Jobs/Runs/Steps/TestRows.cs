using Platform.Domain.Runs;
using Platform.Engine.Tasks;

namespace Platform.Jobs.Runs.Steps;

internal static class TestRows
{
    /// <summary>The same rows for every arm of a recipe: all, or a part that seed and ids decide, in the file's order.</summary>
    public static IReadOnlyList<Example> Of(Recipe recipe, IReadOnlyList<Example> rows)
    {
        if (recipe.TestRowsMax is not { } most || rows.Count <= most)
            return rows;
        return [.. Enumerable.Range(0, rows.Count)
            .OrderBy(row => StepResults.Hash(new { recipe.Seed, rows[row].Id }), StringComparer.Ordinal)
            .Take(most).Order().Select(row => rows[row])];
    }
}

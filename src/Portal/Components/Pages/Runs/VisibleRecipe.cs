using Platform.Domain.Runs.Recipes;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>A stored recipe as one user may read it: without the names of other teams' tasks.</summary>
public static class VisibleRecipe
{
    /// <param name="visible">The tasks whose names may be shown.</param>
    /// <returns>YAML; null when this version of the platform cannot read the document any more.</returns>
    public static string? Yaml(string recipeJson, IReadOnlyCollection<string> visible) => Of(recipeJson, visible)?.ToYaml();

    /// <inheritdoc cref="Yaml"/>
    /// <returns>The recipe; null when this version of the platform cannot read the document any more.</returns>
    public static Recipe? Of(string recipeJson, IReadOnlyCollection<string> visible)
    {
        var read = Recipe.Parse(recipeJson);
        if (read.IsFailure)
            return null;
        var recipe = read.Value;
        return recipe with
        {
            Tasks = recipe.Tasks is null ? null : [.. recipe.Tasks.Where(task => visible.Contains(task.Name))],
            Filter = recipe.Filter with { Overrides = Only(recipe.Filter.Overrides, visible) },
            Stage2 = recipe.Stage2 with { Mixing = Only(recipe.Stage2.Mixing, visible) },
            Stage3 = recipe.Stage3 with { Mixing = Only(recipe.Stage3.Mixing, visible) },
        };
    }

    private static MixingSection Only(MixingSection mixing, IReadOnlyCollection<string> visible) => mixing with { Weights = Only(mixing.Weights, visible) };

    private static Dictionary<string, T> Only<T>(IReadOnlyDictionary<string, T> byTask, IReadOnlyCollection<string> visible) =>
        byTask.Where(pair => visible.Contains(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value);
}

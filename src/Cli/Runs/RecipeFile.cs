using Platform.Cli.Terminal;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;

namespace Platform.Cli.Runs;

internal static class RecipeFile
{
    /// <summary>A file without the default's fields means the default in them; an unknown field is an error.</summary>
    public static Recipe Read(string path) => File.Exists(path)
        ? Recipe.Parse(File.ReadAllText(path)).OrFail(path)
        : throw new CommandFailure($"There is no recipe '{path}'. Name a YAML or JSON file with the settings of a run, or leave --recipe out for the default one.");
}

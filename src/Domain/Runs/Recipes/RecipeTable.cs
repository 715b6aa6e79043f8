using System.Text;

namespace Platform.Domain.Runs.Recipes;

/// <summary>docs/recipe.md: every field of the recipe, as its own documentation says.</summary>
public static class RecipeTable
{
    public static string Markdown()
    {
        var text = new StringBuilder("""
            # The recipe

            All that decides how a run trains, in one document. `./platform train --recipe FILE` takes it as YAML or JSON; the portal shows and edits
            it under "Plan a run"; every run keeps its own, with each default written out, the data by version and hash, and the base model by hash.
            What is left out has its default, so the empty document `{}` works. An unknown field is an error that names the nearest known one, and
            all problems are reported at once. Documents without `version` are read in the flat shape of version 1.

            `./platform recipe new` writes a whole document with the defaults, `./platform recipe check FILE` judges one, and
            `./platform recipe fields --markdown` writes this page from the program; a test keeps it current.

                version: 2
                name: nightly
                examplesBudget: 60000
                tasks:
                  - intent
                  - name: titles
                    datasetVersion: 3
                filter:
                  strategy: measured
                stage3:
                  lossBalance: task


            """.ReplaceLineEndings("\n"));
        Append(text, "The document", RecipeField.Root);
        foreach (var section in RecipeField.All.Where(field => field.Fields.Count > 0))
            Append(text, $"`{section.Path}`: {Lower(section.Setting.Label)}", section.Fields, section.Setting.Description);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void Append(StringBuilder text, string title, IReadOnlyList<RecipeField> fields, string? description = null)
    {
        text.Append("## ").Append(title).Append("\n\n");
        if (description is not null)
            text.Append(description).Append("\n\n");
        text.Append("| field | what it does | default | range | source |\n|---|---|---|---|---|\n");
        foreach (var field in fields)
            text.Append("| `").Append(field.Name).Append("` | ").Append(field.Setting.Description.Replace("|", "\\|", StringComparison.Ordinal))
                .Append(" | ").Append(field.Kind == RecipeFieldKind.Section ? "see below" : field.DefaultText)
                .Append(" | ").Append(Range(field))
                .Append(" | ").Append(field.Setting.Source).Append(" |\n");
        text.Append('\n');
    }

    private static string Range(RecipeField field) => field.Setting.Unit is { } unit && field.Range.Length > 0 ? $"{field.Range} {unit}" : field.Range;

    private static string Lower(string label) => label.Length > 1 && char.IsUpper(label[1]) ? label : char.ToLowerInvariant(label[0]) + label[1..];
}

using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Platform.Domain.Results;
using Platform.Domain.Runs.Recipes;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>The recipe as a form and as a document. Both show the same one; the domain reads and judges it.</summary>
public sealed partial class RecipeForm
{
    /// <summary>What the form does not ask: the tasks are chosen beside it, and the rest is written down by the run.</summary>
    private static readonly string[] Hidden = ["version", "tasks", "baseModelSha256"];

    private JsonObject document = new Recipe().ToDocument();
    private string text = "";
    private bool isText;
    private IReadOnlyList<Error> problems = [];

    /// <summary>The fields that show their own problems; none while the document is shown as text, which lists them all.</summary>
    public IReadOnlyList<string> Fields => isText ? [.. problems.Select(problem => problem.Field).OfType<string>()] : FormFields;

    [Parameter]
    public FieldErrors Errors { get; set; } = new([]);

    private static IReadOnlyList<string> FormFields { get; } = [.. RecipeField.All.Where(field => field.Kind != RecipeFieldKind.Section && !Hidden.Contains(field.Path)).Select(field => field.Path)];

    private static IReadOnlyList<RecipeField> Leaves { get; } = [.. RecipeField.Root.Where(field => field.Kind != RecipeFieldKind.Section && !Hidden.Contains(field.Name))];

    private static IEnumerable<RecipeField> Sections => RecipeField.Root.Where(one => one.Kind == RecipeFieldKind.Section);

    /// <summary>What is written down now; a problem names the field at fault.</summary>
    public Result<Recipe> Read()
    {
        var read = isText ? Recipe.Parse(text) : Recipe.Read(document);
        problems = isText ? read.Errors : [];
        return read;
    }

    /// <summary>What was typed, sound or not: a document as it stands, the form's fields as JSON.</summary>
    public string Typed() => isText ? text : document.ToJsonString();

    /// <summary>Puts back what <see cref="Typed"/> gave: into the form where it fits, else as a document.</summary>
    public void Restore(string typed)
    {
        if (Recipe.Parse(typed) is { IsSuccess: true } read)
        {
            (document, isText, problems) = (read.Value.ToDocument(), false, []);
        }
        else
        {
            isText = true;
            Write(typed);
        }

        StateHasChanged();
    }

    private string Download => "data:application/yaml;charset=utf-8," + Uri.EscapeDataString(text);

    /// <summary>A recipe is small; what is larger is refused by the domain in its own words.</summary>
    private async Task OpenAsync(InputFileChangeEventArgs chosen)
    {
        if (chosen.File.Size > RecipeDocument.MaxBytes)
        {
            problems = [Error.TooLarge("recipe_too_large", $"The file {chosen.File.Name} has {Formats.Bytes(chosen.File.Size)}; a recipe has at most {Formats.Bytes(RecipeDocument.MaxBytes)}.")];
            return;
        }

        using var reader = new StreamReader(chosen.File.OpenReadStream(RecipeDocument.MaxBytes));
        Write(await reader.ReadToEndAsync());
    }

    private void Changed() => StateHasChanged();

    private void Write(string? written)
    {
        text = written ?? "";
        Read();
    }

    private void Switch(int panel)
    {
        if (panel == 1 && !isText)
        {
            text = RecipeDocument.ToYaml(document);
            isText = true;
            Read();
        }
        else if (panel == 0 && isText && Read() is { IsSuccess: true } read)
        {
            // Only a sound recipe fits into the form; else its problems are shown and the text stays.
            document = read.Value.ToDocument();
            isText = false;
        }
    }
}

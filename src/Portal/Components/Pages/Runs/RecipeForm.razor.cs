using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>The recipe as a form or as JSON. Both write the same JSON, which the domain reads and judges.</summary>
public sealed partial class RecipeForm
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly JsonObject recipe = JsonNode.Parse(new Recipe().ToJson())!.AsObject();
    private string json = new Recipe().ToJson();
    private string? jsonProblem;
    private bool asJson;

    public static IReadOnlyList<string> Fields { get; } = [.. RecipeField.Groups.SelectMany(group => group.Fields).Select(field => field.Name)];

    [Parameter]
    public FieldErrors Errors { get; set; } = new([]);

    /// <summary>What is written down now; a problem names the field at fault.</summary>
    public Result<Recipe> Read()
    {
        var read = Recipe.Parse(asJson ? json : recipe.ToJsonString());
        jsonProblem = asJson && read.IsFailure ? read.Summary : null;
        return read;
    }

    private string Text(RecipeField field) => recipe[field.Name]?.ToString() ?? "";

    private void Set(RecipeField field, string? text) => recipe[field.Name] = field.ToJson(text);

    private void Switch(int panel)
    {
        if (panel == 1 && !asJson)
        {
            json = recipe.ToJsonString(Indented);
            asJson = true;
        }
        else if (panel == 0 && asJson && Read() is { IsSuccess: true } read)
        {
            // Only a sound recipe fits into the form; else its problem is shown and the text stays.
            foreach (var (name, value) in JsonNode.Parse(read.Value.ToJson())!.AsObject())
                recipe[name] = value?.DeepClone();
            asJson = false;
        }
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Domain.Results;

namespace Platform.Domain.Runs.Recipes;

/// <summary>Text of a recipe as a tree, before anybody asks what its fields mean.</summary>
public static class RecipeDocument
{
    public const string Malformed = "recipe_malformed";

    /// <summary>Hundreds of tasks with weights and overrides fit; what is larger is another file.</summary>
    public const int MaxBytes = 1 << 20;

    public const int MaxDepth = 16;

    public static Result<JsonObject> Read(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return Error.TooLarge("recipe_too_large", $"The recipe has more than {MaxBytes >> 10} KiB; a recipe holds settings and task names only.");
        try
        {
            // JSON is read as such and not as the YAML that it also is: its errors then speak of JSON.
            var tree = text.AsSpan().TrimStart().StartsWith("{") ? ReadJson(text) : YamlReader.Read(text);
            return tree is JsonObject document
                ? document
                : Error.Invalid(Malformed, "The recipe is empty or holds no fields; write {} for the default one, or lines such as 'examplesBudget: 40000'.");
        }
        catch (JsonException exception)
        {
            var at = exception.LineNumber is { } line ? $" (line {line + 1}, column {exception.BytePositionInLine + 1})" : "";
            return Error.Invalid(Malformed, $"The recipe is not valid JSON{at}: {exception.Message.Split(" LineNumber", 2)[0]}");
        }
        catch (YamlProblemException exception)
        {
            return Error.Invalid(Malformed, exception.Message);
        }
    }

    /// <summary>As YAML that <see cref="Read"/> reads back unchanged.</summary>
    public static string ToYaml(JsonObject document) => YamlWriter.Write(document);

    /// <summary>One value as somebody wrote it into a form; a text that is no value stays the text.</summary>
    public static JsonNode? ReadValue(string text)
    {
        try
        {
            return YamlReader.Read(text);
        }
        catch (YamlProblemException)
        {
            return JsonValue.Create(text);
        }
    }

    private static JsonNode? ReadJson(string text) => JsonNode.Parse(
        text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Skip });
}

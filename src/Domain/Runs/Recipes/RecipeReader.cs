using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Domain.Results;

namespace Platform.Domain.Runs.Recipes;

/// <summary>Lays a document over the defaults. What does not fit is reported and left out, so that every problem is found at once.</summary>
internal static class RecipeReader
{
    public const string UnknownField = "recipe_field_unknown";
    public const string WrongType = "recipe_value_invalid";

    public static Result<Recipe> Read(JsonObject document)
    {
        List<Error> errors = [];
        var current = RecipeUpgrade.ToCurrent(document, errors);
        var tree = new Recipe().ToDocument();
        Overlay(RecipeField.Root, current, tree, "", errors);
        var recipe = tree.Deserialize<Recipe>(Recipe.Json)!;
        errors.AddRange(recipe.Validate());
        return errors.Count > 0 ? Result.Failure<Recipe>(errors) : recipe;
    }

    private static void Overlay(IReadOnlyList<RecipeField> fields, JsonObject from, JsonObject onto, string prefix, List<Error> errors)
    {
        foreach (var (name, value) in from)
        {
            var field = fields.FirstOrDefault(field => field.Name == name);
            if (field is null)
                errors.Add(Unknown(prefix + name, name, fields));
            else if (value is not null)
                Put(field, value, onto, prefix + name, errors);
            else if (field.IsOptional)
                onto[name] = null;
            else if (field.Kind is not RecipeFieldKind.Section)
                errors.Add(Wrong(field, prefix + name, null));
        }

        foreach (var missing in fields.Where(field => field.IsRequired && !from.ContainsKey(field.Name)))
            errors.Add(Error.Invalid(WrongType, $"{prefix}{missing.Name} is missing ({missing.Setting.Description.TrimEnd('.')}); write it down.", prefix + missing.Name));
    }

    private static void Put(RecipeField field, JsonNode value, JsonObject onto, string path, List<Error> errors)
    {
        switch (field.Kind)
        {
            case RecipeFieldKind.Section when value is JsonObject part:
                Overlay(field.Fields, part, onto[field.Name]!.AsObject(), path + ".", errors);
                break;
            case RecipeFieldKind.List when value is JsonArray list:
                onto[field.Name] = new JsonArray([.. list.Select((item, index) => Item(field, item, $"{path}[{index}]", errors)).OfType<JsonNode>()]);
                break;
            case RecipeFieldKind.ByTask when value is JsonObject map:
                onto[field.Name] = new JsonObject(map
                    .Select(pair => KeyValuePair.Create(pair.Key, field.Fields.Count > 0 ? Item(field, pair.Value, $"{path}.{pair.Key}", errors) : Leaf(field, pair.Value, $"{path}.{pair.Key}", errors)))
                    .Where(pair => pair.Value is not null));
                break;
            default:
                if (Leaf(field, value, path, errors) is { } leaf)
                    onto[field.Name] = leaf;
                break;
        }
    }

    /// <summary>An item that has a name only may be written as just that.</summary>
    private static JsonObject? Item(RecipeField field, JsonNode? item, string path, List<Error> errors)
    {
        if (item is JsonValue text && text.GetValueKind() == JsonValueKind.String && field.Fields.Any(part => part.Name == "name"))
            item = new JsonObject { ["name"] = text.DeepClone() };
        if (item is not JsonObject written)
        {
            errors.Add(Error.Invalid(WrongType, $"{path} is {Shown(item)}; write the fields {string.Join(", ", field.Fields.Select(part => part.Name))}.", path));
            return null;
        }

        var before = errors.Count;
        var read = new JsonObject();
        Overlay(field.Fields, written, read, path + ".", errors);
        return errors.Count == before ? read : null;
    }

    /// <returns>The value as the record's own type takes it, or null when it was reported.</returns>
    private static JsonNode? Leaf(RecipeField field, JsonNode? value, string path, List<Error> errors)
    {
        var kind = value?.GetValueKind();
        switch (field.Kind)
        {
            case RecipeFieldKind.Text when kind == JsonValueKind.String:
            case RecipeFieldKind.Flag when kind is JsonValueKind.True or JsonValueKind.False:
            case RecipeFieldKind.Choice when kind == JsonValueKind.String && field.Choices.Contains(value!.GetValue<string>()):
                return value!.DeepClone();
            case RecipeFieldKind.Whole or RecipeFieldKind.Number or RecipeFieldKind.ByTask when kind == JsonValueKind.Number:
                var number = double.Parse(value!.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);
                if (field.Kind == RecipeFieldKind.Whole && number != Math.Floor(number))
                    break;
                if (RecipeRange.Problem(field, path, number) is { } problem)
                {
                    errors.Add(problem);
                    return null;
                }

                return field.Kind == RecipeFieldKind.Whole ? JsonValue.Create((long)number) : JsonValue.Create(number);
        }

        errors.Add(Wrong(field, path, value));
        return null;
    }

    private static Error Wrong(RecipeField field, string path, JsonNode? value)
    {
        var wanted = field.Kind switch
        {
            RecipeFieldKind.Choice => $"write one of {string.Join(", ", field.Choices)}{Meant(value, field.Choices)}",
            RecipeFieldKind.Flag => "write true or false",
            RecipeFieldKind.Whole => $"write a whole number{Between(field)}, without quotes",
            RecipeFieldKind.Number or RecipeFieldKind.ByTask when field.Fields.Count == 0 => $"write a number{Between(field)}, without quotes{(field.Kind == RecipeFieldKind.ByTask ? ", for each task" : "")}",
            RecipeFieldKind.Text => "write a text, in quotes where it looks like a number",
            RecipeFieldKind.List => "write a list",
            RecipeFieldKind.ByTask => $"write task names, each with {string.Join(" and ", field.Fields.Select(part => part.Name))}",
            _ => $"write its fields below it: {string.Join(", ", field.Fields.Select(part => part.Name))}",
        };
        return Error.Invalid(WrongType, $"{path} is {Shown(value)}; {wanted}.", path);
    }

    private static string Between(RecipeField field) => field.Range.Length == 0 ? "" : $" from {field.Range}{(field.Setting.Unit is null ? "" : " " + field.Setting.Unit)}";

    private static string Meant(JsonNode? value, IReadOnlyList<string> choices) =>
        value?.GetValueKind() == JsonValueKind.String && NearestName.Of(value.GetValue<string>(), choices) is { } near ? $" (did you mean {near}?)" : "";

    private static string Shown(JsonNode? value)
    {
        const int most = 60;
        var text = value switch
        {
            null => "empty",
            JsonObject => "a group of fields",
            JsonArray => "a list",
            _ => value.ToJsonString(Recipe.Json),
        };
        return text.Length <= most ? text : text[..most] + "...";
    }

    /// <summary>The names beside it come first; then the same name in another section.</summary>
    private static Error Unknown(string path, string name, IReadOnlyList<RecipeField> siblings)
    {
        var near = NearestName.Of(name, siblings.Select(field => field.Name)) is { } beside ? path[..^name.Length] + beside : null;
        near ??= RecipeUpgrade.PathsOf(name) is { Count: > 0 } renamed ? string.Join(" and ", renamed) : null;
        near ??= RecipeField.All.FirstOrDefault(field => string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase))?.Path;
        near ??= NearestName.Of(name, RecipeField.All.Select(field => field.Name)) is { } elsewhere ? RecipeField.All.First(field => field.Name == elsewhere).Path : null;
        return Error.Invalid(
            UnknownField, $"{path} is no field of a recipe; {(near is null ? $"known here are {string.Join(", ", siblings.Select(field => field.Name))}" : $"did you mean {near}?")}{(near is null ? "." : "")}", path);
    }
}

using System.Text.Json;
using System.Text.RegularExpressions;

namespace Platform.Engine.Tests.Generation.Constraints;

/// <summary>Validates a value against a JSON Schema, straight from the specification, for the keywords that constraints read.</summary>
internal static class JsonSchemaOracle
{
    public static bool IsValid(string schema, string json)
    {
        using var schemaDocument = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 128 });
        using var document = JsonDocument.Parse(json);
        return IsValid(schemaDocument.RootElement, document.RootElement, schemaDocument.RootElement);
    }

    private static bool IsValid(JsonElement schema, JsonElement value, JsonElement root)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return schema.ValueKind == JsonValueKind.True;
        return schema.EnumerateObject().All(keyword => Holds(keyword.Name, keyword.Value, schema, value, root));
    }

    private static bool Holds(string keyword, JsonElement argument, JsonElement schema, JsonElement value, JsonElement root)
    {
        var isObject = value.ValueKind == JsonValueKind.Object;
        var isArray = value.ValueKind == JsonValueKind.Array;
        var number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : null;
        return keyword switch
        {
            "type" => argument.ValueKind == JsonValueKind.Array ? argument.EnumerateArray().Any(type => IsOf(type.GetString()!, value)) : IsOf(argument.GetString()!, value),
            "const" => JsonElement.DeepEquals(argument, value),
            "enum" => argument.EnumerateArray().Any(item => JsonElement.DeepEquals(item, value)),
            "anyOf" => argument.EnumerateArray().Any(item => IsValid(item, value, root)),
            "oneOf" => argument.EnumerateArray().Count(item => IsValid(item, value, root)) == 1,
            "$ref" => IsValid(root.GetProperty("$defs").GetProperty(argument.GetString()!["#/$defs/".Length..]), value, root),
            "minimum" => double.IsNaN(number) || number >= argument.GetDouble(),
            "maximum" => double.IsNaN(number) || number <= argument.GetDouble(),
            "exclusiveMinimum" => double.IsNaN(number) || number > argument.GetDouble(),
            "exclusiveMaximum" => double.IsNaN(number) || number < argument.GetDouble(),
            "minLength" => text is null || text.EnumerateRunes().Count() >= argument.GetInt32(),
            "maxLength" => text is null || text.EnumerateRunes().Count() <= argument.GetInt32(),
            "pattern" => text is null || Regex.IsMatch(text, argument.GetString()!.Replace("$", "\\z", StringComparison.Ordinal), RegexOptions.NonBacktracking),
            "minItems" => !isArray || value.GetArrayLength() >= argument.GetInt32(),
            "maxItems" => !isArray || value.GetArrayLength() <= argument.GetInt32(),
            "prefixItems" => !isArray || value.EnumerateArray().Zip(argument.EnumerateArray()).All(pair => IsValid(pair.Second, pair.First, root)),
            "items" => !isArray || value.EnumerateArray().Skip(Prefix(schema)).All(item => IsValid(argument, item, root)),
            "required" => !isObject || argument.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
            "properties" => !isObject || argument.EnumerateObject().All(property => !value.TryGetProperty(property.Name, out var item) || IsValid(property.Value, item, root)),
            "additionalProperties" => !isObject || value.EnumerateObject().Where(property => !IsDeclared(schema, property.Name)).All(property => IsValid(argument, property.Value, root)),
            _ => true,
        };
    }

    private static int Prefix(JsonElement schema) => schema.TryGetProperty("prefixItems", out var prefix) ? prefix.GetArrayLength() : 0;

    private static bool IsDeclared(JsonElement schema, string name) => schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out _);

    private static bool IsOf(string type, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => type == "number" || (type == "integer" && value.GetDouble() is var number && Math.Floor(number) == number),
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        _ => type.Equals(value.ValueKind.ToString(), StringComparison.OrdinalIgnoreCase),
    };
}

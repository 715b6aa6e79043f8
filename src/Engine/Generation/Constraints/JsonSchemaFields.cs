using System.Text.Json;

namespace Platform.Engine.Generation.Constraints;

/// <summary>Looks things up in a JSON Schema, and refuses what is not supported.</summary>
internal sealed class JsonSchemaFields
{
    private const int MaximumCount = 1_000_000;

    // Beyond it two schemas count as not told apart: a stranger's schema must not take long.
    private const int MaximumComparisons = 20_000;

    private static readonly string[] Annotations =
        ["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "$id", "$comment", "$defs", "definitions"];

    // A schema with one of these has no other keywords, but for a type beside fixed values.
    private static readonly string[] SoleKeywords = ["$ref", "anyOf", "oneOf", "enum", "const"];

    private static readonly (string Keyword, string Type)[] TypedKeywords =
    [
        ("properties", "object"), ("required", "object"), ("additionalProperties", "object"), ("items", "array"), ("prefixItems", "array"),
        ("minItems", "array"), ("maxItems", "array"), ("minLength", "string"), ("maxLength", "string"), ("pattern", "string"),
        ("minimum", "number"), ("maximum", "number"), ("exclusiveMinimum", "number"), ("exclusiveMaximum", "number"),
    ];

    private readonly Dictionary<string, JsonElement> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _depths = new(StringComparer.Ordinal);
    private int _comparisons;

    public JsonSchemaFields(JsonElement root)
    {
        foreach (var keyword in (string[])["$defs", "definitions"])
        {
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(keyword, out var list))
                continue;
            foreach (var entry in Members(list, "#/" + keyword))
                _definitions[$"#/{keyword}/{entry.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}"] = entry.Value;
        }
    }

    /// <summary>References to all definitions.</summary>
    public IEnumerable<string> References => _definitions.Keys;

    /// <summary>Refuses keywords that are not supported.</summary>
    public static void CheckKeywords(JsonElement schema, string path)
    {
        string[] supported = ["type", .. SoleKeywords, .. TypedKeywords.Select(entry => entry.Keyword)];
        foreach (var field in schema.EnumerateObject())
        {
            if (!supported.Contains(field.Name) && !Annotations.Contains(field.Name))
                throw new InvalidConstraintException(path, $"the keyword '{field.Name}' is not supported; supported are {string.Join(", ", supported)}.");
        }
    }

    /// <summary>The keyword that says all about a schema; null when there is none.</summary>
    public static string? Sole(JsonElement schema, string path)
    {
        var found = SoleKeywords.FirstOrDefault(name => schema.TryGetProperty(name, out _));
        if (found is null)
            return null;
        var typed = found is "enum" or "const";
        var other = schema.EnumerateObject().Select(field => field.Name).FirstOrDefault(name => name != found && !Annotations.Contains(name) && !(typed && name == "type"));
        return other is null ? found : throw new InvalidConstraintException(path, $"'{other}' beside '{found}' is not supported; write it into the schemas themselves.");
    }

    /// <summary>The types that a schema names; null when it names none.</summary>
    public static IReadOnlyList<string>? Types(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("type", out var field))
            return null;
        if (field.ValueKind != JsonValueKind.Array)
            return [Text(field, path + "/type")];
        string[] types = [.. field.EnumerateArray().Select(item => Text(item, path + "/type")).Distinct()];
        return types.Length > 0 ? types : throw new InvalidConstraintException(path + "/type", "the list is empty.");
    }

    /// <summary>The types that a schema's keywords are about.</summary>
    public static IReadOnlyList<string> ImpliedTypes(JsonElement schema) =>
        [.. TypedKeywords.Where(entry => schema.TryGetProperty(entry.Keyword, out _)).Select(entry => entry.Type).Distinct()];

    /// <summary>Whether a value is of a type.</summary>
    public static bool Is(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.String => type == "string",
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        JsonValueKind.Null => type == "null",
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        _ => type == "number" || (type == "integer" && value.TryGetDecimal(out var number) && number == decimal.Truncate(number)),
    };

    /// <summary>A text.</summary>
    public static string Text(JsonElement field, string path) => field.ValueKind == JsonValueKind.String
        ? JsonGrammar.Content(field, path)
        : throw new InvalidConstraintException(path, "it must be a text.");

    /// <summary>The members of an object.</summary>
    public static IEnumerable<JsonProperty> Members(JsonElement field, string path) => field.ValueKind == JsonValueKind.Object
        ? field.EnumerateObject()
        : throw new InvalidConstraintException(path, "it must be an object.");

    /// <summary>The elements of a list, which is not empty.</summary>
    public static IEnumerable<JsonElement> Elements(JsonElement field, string path) => field.ValueKind == JsonValueKind.Array && field.GetArrayLength() > 0
        ? field.EnumerateArray()
        : throw new InvalidConstraintException(path, "it must be a list of at least one schema.");

    /// <summary>A list of texts; empty when it is absent.</summary>
    public static HashSet<string> Names(JsonElement schema, string path, string name)
    {
        path = $"{path}/{name}";
        if (!schema.TryGetProperty(name, out var field))
            return [];
        return field.ValueKind == JsonValueKind.Array
            ? [.. field.EnumerateArray().Select(item => Text(item, path))]
            : throw new InvalidConstraintException(path, "it must be a list of texts.");
    }

    /// <summary>A lower and an upper count.</summary>
    public static (int Least, int Most) Counts(JsonElement schema, string path, string leastName, string mostName)
    {
        var (least, most) = (Count(leastName, 0), Count(mostName, Repetition.Unlimited));
        return least <= most ? (least, most) : throw new InvalidConstraintException($"{path}/{leastName}", $"it is {least}, more than {mostName}, which is {most}.");

        int Count(string name, int absent)
        {
            if (!schema.TryGetProperty(name, out var field))
                return absent;
            return field.ValueKind == JsonValueKind.Number && field.TryGetDecimal(out var count) && count is >= 0 and <= MaximumCount && count == decimal.Truncate(count)
                ? (int)count
                : throw new InvalidConstraintException($"{path}/{name}", $"it must be a whole number from 0 to {MaximumCount}.");
        }
    }

    /// <summary>What a reference refers to; null when there is nothing.</summary>
    public JsonElement? Definition(string reference) => _definitions.TryGetValue(reference, out var schema) ? schema : null;

    /// <summary>Schemas within one another, those behind references included; recursion was refused before.</summary>
    public int Depth(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Array)
            return schema.EnumerateArray().Select(Depth).DefaultIfEmpty(0).Max();
        if (schema.ValueKind != JsonValueKind.Object)
            return 0;
        var deepest = 0;
        foreach (var field in schema.EnumerateObject())
        {
            if (field.Name is "anyOf" or "oneOf" or "items" or "prefixItems" or "additionalProperties")
                deepest = Math.Max(deepest, 1 + Depth(field.Value));
            else if (field.Name == "properties" && field.Value.ValueKind == JsonValueKind.Object)
                deepest = Math.Max(deepest, 1 + field.Value.EnumerateObject().Select(member => Depth(member.Value)).DefaultIfEmpty(0).Max());
            else if (field.Name == "$ref" && field.Value.GetString() is { } reference && Definition(reference) is { } target)
                deepest = Math.Max(deepest, _depths.TryGetValue(reference, out var depth) ? depth : _depths[reference] = Depth(target));
        }

        return deepest;
    }

    /// <summary>Whether surely no value is valid against both schemas.</summary>
    public bool AreDisjoint(JsonElement first, JsonElement second)
    {
        if (++_comparisons > MaximumComparisons || Resolve(first) is not { } left || Resolve(second) is not { } right)
            return false;
        if (Values(left) is { } leftValues && Values(right) is { } rightValues)
            return !leftValues.Any(a => rightValues.Any(b => JsonElement.DeepEquals(a, b)));
        if (Kinds(left) is { } leftKinds && Kinds(right) is { } rightKinds)
        {
            if (!leftKinds.Intersect(rightKinds).Any())
                return true;
            if (leftKinds is ["object"] && rightKinds is ["object"] && Values(left) is null && Values(right) is null)
                return Shared(left, right).Any(pair => AreDisjoint(pair.First, pair.Second));
        }

        return false;
    }

    private static IEnumerable<(JsonElement First, JsonElement Second)> Shared(JsonElement left, JsonElement right)
    {
        var names = Names(left, "#", "required");
        names.IntersectWith(Names(right, "#", "required"));
        foreach (var name in names)
            yield return (left.GetProperty("properties").GetProperty(name), right.GetProperty("properties").GetProperty(name));
    }

    private static List<JsonElement>? Values(JsonElement schema) =>
        schema.TryGetProperty("const", out var constant) ? [constant] : schema.TryGetProperty("enum", out var list) ? [.. list.EnumerateArray()] : null;

    // Integers are numbers; a schema of alternatives or of no type may be anything.
    private static string[]? Kinds(JsonElement schema)
    {
        if (Values(schema) is { } values)
            return [.. ((string[])["string", "number", "boolean", "null", "object", "array"]).Where(type => values.Any(value => Is(value, type)))];
        if (schema.TryGetProperty("anyOf", out _) || schema.TryGetProperty("oneOf", out _))
            return null;
        var types = Types(schema, "#") ?? ImpliedTypes(schema);
        return types.Count == 0 ? null : [.. types.Select(type => type == "integer" ? "number" : type).Distinct()];
    }

    private JsonElement? Resolve(JsonElement schema)
    {
        while (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference))
        {
            if (Definition(reference.GetString()!) is not { } target)
                return null;
            schema = target;
        }

        return schema.ValueKind == JsonValueKind.Object ? schema : null;
    }
}

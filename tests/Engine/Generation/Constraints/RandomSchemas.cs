using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Engine.Tests.Generation.Constraints;

/// <summary>Random JSON Schemas of the subset that is read, and random values that are valid against them, written as constraints write them.</summary>
/// <param name="random">Decides everything.</param>
internal sealed class RandomSchemas(Random random)
{
    private static readonly string[] Texts = ["", "a", "naïve 東京", "quote \" and \\", "line\nend", "🙂", "\u0001"];
    private static readonly (string Pattern, string[] Examples)[] Patterns =
        [("^[a-z]{1,3}$", ["a", "xyz"]), ("^\\d+-\\d$", ["1-2", "007-5"]), ("b", ["b", "abc\n"]), ("^\"x\\\\?$", ["\"x", "\"x\\"]), ("^a|b$", ["a", "ab", "xb", "a\t"])];

    private readonly Dictionary<string, JsonNode> _definitions = [];

    public JsonObject Schema()
    {
        for (var i = random.Next(3); i > 0; i--)
            _definitions[$"d{i}"] = Any(2);
        var schema = Any(0);
        if (_definitions.Count > 0)
            schema["$defs"] = new JsonObject(_definitions.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value.DeepClone())));
        return schema;
    }

    /// <summary>A valid value.</summary>
    public string Value(JsonElement schema, JsonElement root)
    {
        if (schema.ValueKind == JsonValueKind.True)
            return Pick("""{"free":[1,null]}""", "\"x\"", "[]", "-1.5e3");
        if (schema.TryGetProperty("$ref", out var reference))
            return Value(root.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]), root);
        if (schema.TryGetProperty("anyOf", out var list) || schema.TryGetProperty("oneOf", out list))
            return Value(list[random.Next(list.GetArrayLength())], root);
        if (schema.TryGetProperty("const", out var constant))
            return Write(constant);
        if (schema.TryGetProperty("enum", out var values))
            return Write(values[random.Next(values.GetArrayLength())]);
        var types = schema.GetProperty("type");
        return (types.ValueKind == JsonValueKind.Array ? types[random.Next(types.GetArrayLength())] : types).GetString() switch
        {
            "string" => Text(schema),
            "integer" => Number(schema, 0),
            "number" => Number(schema, random.Next(3)),
            "boolean" => Pick("true", "false"),
            "null" => "null",
            "array" => List(schema, root),
            _ => Object(schema, root),
        };
    }

    private JsonObject Any(int depth)
    {
        var kind = random.Next(depth >= 3 ? 6 : 12);
        return kind switch
        {
            0 => TextSchema(),
            1 or 2 => NumberSchema(Pick("integer", "number")),
            3 => new JsonObject { ["type"] = Pick("boolean", "null"), ["description"] = "an annotation" },
            4 => new JsonObject { ["enum"] = new JsonArray(1, "two", null, true, 2.5, new JsonObject { ["k"] = new JsonArray(1, "é") }, new JsonArray()) },
            5 => _definitions.Count > 0 && depth < 2 ? new JsonObject { ["$ref"] = "#/$defs/" + Pick([.. _definitions.Keys]) } : new JsonObject { ["const"] = Pick(Texts) },
            6 or 7 or 8 => ObjectSchema(depth),
            9 or 10 => ListSchema(depth),
            _ => random.Next(3) switch
            {
                0 => new JsonObject { ["anyOf"] = new JsonArray(Any(depth + 1), Any(depth + 1), Any(depth + 1)) },
                1 => new JsonObject { ["oneOf"] = new JsonArray(TextSchema(), NumberSchema("integer"), Tagged("one", depth), Tagged("two", depth)) },
                _ => Union(),
            },
        };
    }

    private JsonObject Tagged(string tag, int depth) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["tag"] = new JsonObject { ["const"] = tag }, ["value"] = Any(depth + 1) },
        ["required"] = new JsonArray("tag"),
        ["additionalProperties"] = false,
    };

    private JsonObject Union()
    {
        var schema = TextSchema();
        foreach (var (name, value) in NumberSchema("integer").ToArray())
            schema[name] = value?.DeepClone();
        schema["type"] = new JsonArray("string", "integer", "null");
        return schema;
    }

    private JsonObject TextSchema()
    {
        var schema = new JsonObject { ["type"] = "string" };
        var kind = random.Next(3);
        if (kind == 0)
            schema["pattern"] = Pick(Patterns).Pattern;
        if (kind == 1)
            (schema["minLength"], schema["maxLength"]) = (random.Next(3), random.Next(3, 300));
        return schema;
    }

    private JsonObject NumberSchema(string type)
    {
        var schema = new JsonObject { ["type"] = type };
        if (random.Next(2) == 0)
            schema[Pick("minimum", "exclusiveMinimum")] = random.Next(-1000, 40) / 4.0; // below every maximum, with whole numbers between
        if (random.Next(2) == 0)
            schema[Pick("maximum", "exclusiveMaximum")] = random.Next(120, 100_000) / 8.0;
        return schema;
    }

    private JsonObject ListSchema(int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        var prefix = random.Next(3);
        if (prefix > 0)
            schema["prefixItems"] = new JsonArray([.. Enumerable.Range(0, prefix).Select(_ => Any(depth + 1))]);
        if (prefix > 0 && random.Next(3) == 0)
            schema["items"] = false;
        else if (random.Next(4) > 0)
            schema["items"] = Any(depth + 1);
        var most = schema["items"]?.GetValueKind() == JsonValueKind.False ? prefix : 4;
        if (random.Next(2) == 0)
            schema["minItems"] = random.Next(most + 1);
        if (random.Next(2) == 0)
            schema["maxItems"] = random.Next(most, most + 1000);
        return schema;
    }

    private JsonObject ObjectSchema(int depth)
    {
        var names = ((string[])["a", "ab", "é \"x\"", "b", "日本"]).Where(_ => random.Next(2) == 0).ToArray();
        var schema = new JsonObject { ["type"] = "object" };
        if (names.Length > 0)
            schema["properties"] = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)Any(depth + 1))));
        if (names.Length > 0)
            schema["required"] = new JsonArray([.. names.Where(_ => random.Next(2) == 0).Select(name => (JsonNode)name)]);
        var others = random.Next(3);
        if (others > 0)
            schema["additionalProperties"] = others == 1 ? false : Any(depth + 1);
        return schema;
    }

    private string Text(JsonElement schema)
    {
        if (schema.TryGetProperty("pattern", out var pattern))
            return Quote(Pick(Patterns.First(entry => entry.Pattern == pattern.GetString()).Examples));
        var (least, most) = (Integer(schema, "minLength", 0), Integer(schema, "maxLength", 40));
        var text = string.Concat(Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => Pick("a", "é", "東", "🙂", "\"", "\\", "\n", "\u0002", " ")));
        return random.Next(4) == 0 ? JsonSerializer.Serialize(text) : Quote(text); // the serializer escapes what is not ASCII, which is valid too
    }

    private string Number(JsonElement schema, int digits)
    {
        for (var range = 1.0; ; range *= 1.1)
        {
            var value = Math.Round((decimal)((random.NextDouble() * 2 - 1) * range), digits);
            var text = value.ToString("0.##", CultureInfo.InvariantCulture);
            if (text != "-0" && JsonSchemaOracle.IsValid(schema.GetRawText().Replace("\"$defs\"", "\"x\"", StringComparison.Ordinal), text))
                return text;
        }
    }

    private string List(JsonElement schema, JsonElement root)
    {
        JsonElement[] prefix = schema.TryGetProperty("prefixItems", out var list) ? [.. list.EnumerateArray()] : [];
        var open = !schema.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.False;
        var most = Math.Min(Integer(schema, "maxItems", 6), open ? 6 : prefix.Length);
        var count = random.Next(Math.Min(Integer(schema, "minItems", 0), most), most + 1);
        return $"[{string.Join(',', Enumerable.Range(0, count).Select(i => i < prefix.Length ? Value(prefix[i], root) : items.ValueKind == JsonValueKind.Undefined ? "{\"x\":[]}" : Value(items, root)))}]";
    }

    private string Object(JsonElement schema, JsonElement root)
    {
        if (!schema.TryGetProperty("properties", out var properties))
        {
            if (schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False)
                return "{}";
            return $"{{{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(i => $"\"any {i}\":{(others.ValueKind == JsonValueKind.Undefined ? "0" : Value(others, root))}"))}}}";
        }

        string[] required = [.. schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!)];
        return $"{{{string.Join(',', properties.EnumerateObject()
            .Where(property => required.Contains(property.Name) || random.Next(2) == 0)
            .Select(property => $"{Quote(property.Name)}:{Value(property.Value, root)}"))}}}";
    }

    private static int Integer(JsonElement schema, string name, int otherwise) => schema.TryGetProperty(name, out var field) ? field.GetInt32() : otherwise;

    private static string Write(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Quote(value.GetString()!),
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Write))}]",
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(field => $"{Quote(field.Name)}:{Write(field.Value)}"))}}}",
        _ => value.GetRawText(),
    };

    private static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var unit in text)
        {
            json.Append(unit switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                < ' ' => $"\\u{(int)unit:x4}",
                _ => unit.ToString(),
            });
        }

        return json.Append('"').ToString();
    }

    private T Pick<T>(params T[] items) => items[random.Next(items.Length)];
}

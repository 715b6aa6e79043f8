using System.Text.Json;

namespace Platform.Engine.Generation.Constraints;

/// <summary>Reads a JSON Schema, see <see cref="Constraint.FromJsonSchema(string, TokenVocabulary, ConstraintOptions?)"/> for what it may have.</summary>
internal sealed class JsonSchemaReader
{
    private const int MaximumDepth = 40;
    private const int FreeDepth = 16; // with the schema's own depth below the 64 that readers take
    private const int MaximumAlternatives = 256;

    private static readonly string[] Types = ["string", "integer", "number", "boolean", "null", "object", "array"];

    private readonly JsonSchemaFields _fields;
    private readonly ExpressionPool _pool;
    private readonly JsonGrammar _grammar;
    private readonly Dictionary<string, (Expression? Expression, bool Done, int Depth)> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Expression?> _patterns = new(StringComparer.Ordinal);
    private readonly JsonElement _root;
    private int _open;

    public JsonSchemaReader(JsonElement schema, ExpressionPool pool, JsonLayout layout)
    {
        _root = schema;
        _pool = pool;
        _grammar = new JsonGrammar(pool, layout);
        _fields = new JsonSchemaFields(schema);
    }

    /// <summary>Reads it all.</summary>
    public Expression? Read()
    {
        // Definitions that nothing refers to are read too: a mistake in them is the author's to know.
        foreach (var reference in _fields.References)
            Refer(reference, reference, 0);
        return Read(_root, "#", 0);
    }

    private Expression? Read(JsonElement schema, string path, int depth)
    {
        if (depth > MaximumDepth)
            throw new InvalidConstraintException(path, $"schemas are nested more than {MaximumDepth} deep.");
        if (schema.ValueKind == JsonValueKind.True)
            return _grammar.AnyValue(FreeDepth);
        if (schema.ValueKind == JsonValueKind.False)
            throw new InvalidConstraintException(path, "no value is valid against 'false'.");
        if (schema.ValueKind != JsonValueKind.Object)
            throw new InvalidConstraintException(path, "a schema is an object, true or false.");
        JsonSchemaFields.CheckKeywords(schema, path);
        var result = JsonSchemaFields.Sole(schema, path) switch
        {
            "$ref" => Refer(JsonSchemaFields.Text(schema.GetProperty("$ref"), path + "/$ref"), path, depth),
            "anyOf" => ReadAlternatives(schema.GetProperty("anyOf"), path + "/anyOf", depth),
            "oneOf" => ReadOneOf(schema.GetProperty("oneOf"), path + "/oneOf", depth),
            "enum" or "const" => ReadValues(schema, path),
            _ => ReadTypes(schema, path, depth),
        };
        return result ?? throw new InvalidConstraintException(path, "no value is valid against this schema.");
    }

    private Expression? Refer(string reference, string path, int depth)
    {
        if (!_definitions.TryGetValue(reference, out var known))
        {
            var target = _fields.Definition(reference)
                ?? throw new InvalidConstraintException(path + "/$ref", $"there is no '{reference}'; references such as '#/$defs/name' are supported.");
            if (++_open > MaximumDepth)
                throw new InvalidConstraintException(path, $"more than {MaximumDepth} definitions refer to one another in a row.");
            _definitions[reference] = (null, false, 0);
            known = (Read(target, reference, 0), true, _fields.Depth(target));
            _definitions[reference] = known;
            _open--;
        }

        if (!known.Done)
            throw new InvalidConstraintException(path, $"'{reference}' refers to itself; recursive schemas are not supported. Write out as many levels as are needed.");
        if (depth + known.Depth > MaximumDepth)
            throw new InvalidConstraintException(path, $"schemas are nested more than {MaximumDepth} deep.");
        return known.Expression;
    }

    private Expression? ReadAlternatives(JsonElement list, string path, int depth)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaximumAlternatives)
            throw new InvalidConstraintException(path, $"it must be a list of 1 to {MaximumAlternatives} schemas.");
        return _pool.Any([.. list.EnumerateArray().Select((item, i) => Read(item, $"{path}/{i}", depth + 1))]);
    }

    private Expression? ReadOneOf(JsonElement list, string path, int depth)
    {
        var result = ReadAlternatives(list, path, depth);
        JsonElement[] items = [.. list.EnumerateArray()];
        for (var i = 0; i < items.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (!_fields.AreDisjoint(items[j], items[i]))
                    throw new InvalidConstraintException(path, $"a value could be valid against both {j} and {i}; tell them apart by type or by a required property with a constant, or use anyOf.");
            }
        }

        return result;
    }

    private Expression? ReadValues(JsonElement schema, string path)
    {
        List<JsonElement> values = [];
        if (schema.TryGetProperty("const", out var constant))
            values.Add(constant);
        else if (schema.GetProperty("enum") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0)
            values.AddRange(list.EnumerateArray());
        else
            throw new InvalidConstraintException(path + "/enum", "it must be a list of at least one value.");
        var types = JsonSchemaFields.Types(schema, path);
        return _pool.Any([.. values.Where(value => types is null || types.Any(type => JsonSchemaFields.Is(value, type))).Select(value => _grammar.Value(value, path))]);
    }

    private Expression? ReadTypes(JsonElement schema, string path, int depth)
    {
        var types = JsonSchemaFields.Types(schema, path) ?? JsonSchemaFields.ImpliedTypes(schema);
        if (types.Count == 0)
            return _grammar.AnyValue(FreeDepth);
        return _pool.Any([.. types.Select(type => type switch
        {
            "string" => ReadString(schema, path),
            "integer" => ReadNumber(schema, path, 0),
            "number" => ReadNumber(schema, path, JsonNumbers.FractionDigits),
            "boolean" => _grammar.Boolean,
            "null" => _grammar.Null,
            "object" => ReadObject(schema, path, depth),
            "array" => ReadList(schema, path, depth),
            _ => throw new InvalidConstraintException(path + "/type", $"there is no type '{type}'; the types are {string.Join(", ", Types)}."),
        })]);
    }

    private Expression? ReadString(JsonElement schema, string path)
    {
        var (least, most) = JsonSchemaFields.Counts(schema, path, "minLength", "maxLength");
        if (!schema.TryGetProperty("pattern", out var pattern))
            return _pool.Sequence(_grammar.Quote, _pool.Repeat(_grammar.Character, least, most), _grammar.Quote);
        if (least != 0 || most != Repetition.Unlimited)
            throw new InvalidConstraintException(path, "pattern together with minLength or maxLength is not supported; put the length into the pattern, as in ^.{2,5}$.");
        path += "/pattern";
        var text = JsonSchemaFields.Text(pattern, path);
        if (!_patterns.TryGetValue(text, out var content))
            _patterns[text] = content = new RegexReader(text, _pool, _grammar.Encoded, path).Read(anchored: false);
        return _pool.Sequence(_grammar.Quote, content, _grammar.Quote);
    }

    private Expression? ReadNumber(JsonElement schema, string path, int fractionDigits)
    {
        var least = NumberLimit.Stricter(Limit("minimum", false), Limit("exclusiveMinimum", true), lower: true);
        var most = NumberLimit.Stricter(Limit("maximum", false), Limit("exclusiveMaximum", true), lower: false);
        if (fractionDigits > 0 && least is null && most is null)
            return _grammar.AnyNumber;
        return new JsonNumbers(_pool).Between(least, most, fractionDigits);

        NumberLimit? Limit(string name, bool exclusive) =>
            schema.TryGetProperty(name, out var field) ? NumberLimit.Read(field, $"{path}/{name}", exclusive) : null;
    }

    private Expression? ReadObject(JsonElement schema, string path, int depth)
    {
        var required = JsonSchemaFields.Names(schema, path, "required");
        var others = schema.TryGetProperty("additionalProperties", out var field) ? field : (JsonElement?)null;
        JsonProperty[] properties = schema.TryGetProperty("properties", out var declared) ? [.. JsonSchemaFields.Members(declared, path + "/properties")] : [];
        if (required.Except(properties.Select(property => property.Name)).FirstOrDefault() is { } missing)
            throw new InvalidConstraintException(path + "/required", $"'{missing}' is not among the properties; declare it.");
        if (properties.Length == 0)
            return others is { ValueKind: JsonValueKind.False } ? _pool.Literal("{}"u8) : _grammar.ObjectOf(others is { } schemaOfOthers
                ? Read(schemaOfOthers, path + "/additionalProperties", depth + 1)
                : _grammar.AnyValue(FreeDepth));
        if (others is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) } unused)
            Read(unused, path + "/additionalProperties", depth + 1); // checked like every schema; names beyond the declared ones are not generated

        // From the last property to the first: what may follow when nothing stands before it, and when something does.
        Expression? first = _pool.Empty, later = _pool.Empty;
        foreach (var property in properties.Reverse())
        {
            var where = $"{path}/properties/{property.Name}";
            var item = _pool.Sequence(_grammar.Text(property.Name, where), _grammar.Colon, Read(property.Value, where, depth + 1));
            var here = _pool.Sequence(item, later);
            var behind = _pool.Sequence(_grammar.Comma, here);
            (first, later) = required.Contains(property.Name) ? (here, behind) : (_pool.Any(here, first), _pool.Any(behind, later));
        }

        return _pool.Sequence(_pool.Literal("{"u8), first, _pool.Literal("}"u8));
    }

    private Expression? ReadList(JsonElement schema, string path, int depth)
    {
        var (least, most) = JsonSchemaFields.Counts(schema, path, "minItems", "maxItems");
        JsonElement[] prefix = schema.TryGetProperty("prefixItems", out var field) ? [.. JsonSchemaFields.Elements(field, path + "/prefixItems")] : [];
        var closed = schema.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.False;
        if (closed && least > prefix.Length)
            throw new InvalidConstraintException(path + "/minItems", $"it asks for {least} items where items: false allows {prefix.Length}.");
        var any = closed || most <= prefix.Length
            ? null
            : items.ValueKind == JsonValueKind.Undefined ? _grammar.AnyValue(FreeDepth) : Read(items, path + "/items", depth + 1);
        if (prefix.Length == 0)
            return closed ? _pool.Literal("[]"u8) : _grammar.ListOf(any, least, most);

        var rest = any is null
            ? _pool.Empty
            : _pool.Repeat(_pool.Sequence(_grammar.Comma, any), Math.Max(0, least - prefix.Length), most == Repetition.Unlimited ? most : most - prefix.Length);
        for (var i = Math.Min(prefix.Length, most) - 1; i >= 0; i--)
        {
            var item = _pool.Sequence(i == 0 ? _pool.Empty : _grammar.Comma, Read(prefix[i], $"{path}/prefixItems/{i}", depth + 1), rest);
            rest = i < least ? item : _pool.Any(item, _pool.Empty);
        }

        return _pool.Sequence(_pool.Literal("["u8), rest, _pool.Literal("]"u8));
    }
}

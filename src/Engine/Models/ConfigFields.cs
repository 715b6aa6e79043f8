using System.Text.Json;

namespace Platform.Engine.Models;

/// <summary>Typed access to the fields of a model's JSON file; a field of the wrong type is written down as a problem and counts as absent.</summary>
/// <param name="element">A JSON object.</param>
/// <param name="prefix">Path of that object, for messages.</param>
/// <param name="problems">Where problems are collected.</param>
internal sealed class ConfigFields(JsonElement element, string prefix, List<string> problems)
{
    /// <summary>The field is there and not null.</summary>
    public bool Has(string field) => Find(field) is not null;

    /// <summary>The field is there and null.</summary>
    public bool IsNull(string field) => element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Writes a problem down.</summary>
    public void Problem(string field, string what) => problems.Add($"{prefix}{field}: {what}");

    /// <summary>A text, or null.</summary>
    public string? Text(string field) => Find(field, JsonValueKind.String, "a text")?.GetString();

    /// <summary>true, false, or null.</summary>
    public bool? Flag(string field)
    {
        if (Find(field) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Problem(field, $"must be true or false, not {Short(value)}");
        return null;
    }

    /// <summary>A number, or null.</summary>
    public double? Number(string field) => Find(field, JsonValueKind.Number, "a number")?.GetDouble();

    /// <summary>A whole number, or null.</summary>
    public int? Integer(string field)
    {
        if (Find(field, JsonValueKind.Number, "a whole number") is not { } value)
            return null;
        // 1e6 and 32768.0 are whole numbers too.
        if (value.GetDouble() is var number && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue)
            return (int)number;
        Problem(field, $"must be a whole number up to {int.MaxValue}, not {Short(value)}");
        return null;
    }

    /// <summary>A whole number from 1.</summary>
    /// <param name="field">The field.</param>
    /// <param name="otherwise">What an absent field means; null when it must be there.</param>
    public int Positive(string field, int? otherwise)
    {
        var before = problems.Count;
        if ((Integer(field) ?? otherwise) is { } value and > 0)
            return value;
        if (problems.Count == before)
            Problem(field, Has(field) ? "must be at least 1" : "is missing");
        return 1; // goes on, so that all problems are found
    }

    /// <summary>A number above 0.</summary>
    /// <param name="field">The field.</param>
    /// <param name="otherwise">What an absent field means.</param>
    public double PositiveNumber(string field, double otherwise)
    {
        if ((Number(field) ?? otherwise) is var value and > 0 && double.IsFinite(value))
            return value;
        Problem(field, "must be a number above 0");
        return otherwise;
    }

    /// <summary>A number above 0 that must be there.</summary>
    public double RequiredNumber(string field)
    {
        if (Has(field))
            return PositiveNumber(field, 1);
        Problem(field, "is missing");
        return 1;
    }

    /// <summary>An object, or null.</summary>
    public ConfigFields? Object(string field) =>
        Find(field, JsonValueKind.Object, "an object") is { } value ? new ConfigFields(value, $"{prefix}{field}.", problems) : null;

    /// <summary>A list of texts, or null.</summary>
    public IReadOnlyList<string>? Strings(string field)
    {
        if (Find(field, JsonValueKind.Array, "a list") is not { } list)
            return null;
        if (list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
            return [.. list.EnumerateArray().Select(item => item.GetString()!)];
        Problem(field, "must be a list of texts");
        return null;
    }

    /// <summary>One token id or a list of them; empty for null, null for an absent field.</summary>
    public IReadOnlyList<int>? Tokens(string field)
    {
        if (IsNull(field))
            return [];
        if (Find(field) is not { } value)
            return null;
        List<JsonElement> ids = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        if (ids.All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) && number >= -1))
            return [.. ids.Select(id => id.GetInt32()).Where(id => id >= 0)]; // some files write -1 for none
        Problem(field, $"must be a token id or a list of them, not {Short(value)}");
        return null;
    }

    private static string Short(JsonElement value) => value.GetRawText() is { Length: <= 40 } text ? text : "a long value";

    private JsonElement? Find(string field) =>
        element.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private JsonElement? Find(string field, JsonValueKind kind, string name)
    {
        if (Find(field) is not { } value)
            return null;
        if (value.ValueKind == kind)
            return value;
        Problem(field, $"must be {name}, not {Short(value)}");
        return null;
    }
}

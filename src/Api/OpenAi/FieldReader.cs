using System.Globalization;
using System.Text.Json;
using Platform.Api.Predictions;
using Platform.Domain.Results;

namespace Platform.Api.OpenAi;

/// <summary>Reads the fields of a JSON object and gathers everything that is wrong with them. A field that is null counts as left out.</summary>
/// <param name="root">The object.</param>
/// <param name="path">Where it is in the body, with a dot at the end; empty for the body itself.</param>
/// <param name="errors">Gathers the problems.</param>
internal sealed class FieldReader(JsonElement root, string path, List<Error> errors)
{
    private const int MostProblems = 20;

    public List<Error> Errors => errors;

    public string Path(string name) => path + name;

    public JsonElement? Find(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Refuses fields by name that are neither used nor taken without effect.</summary>
    public void CheckNames(params IReadOnlyList<string> known)
    {
        foreach (var property in root.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null && !known.Contains(property.Name, StringComparer.Ordinal)).Take(MostProblems))
            errors.Add(OpenAiErrors.FieldUnknown(path + (property.Name.Length <= 64 ? property.Name : property.Name[..64] + "...")));
    }

    public string? Text(string name) => Find(name) is { } value ? Text(value, Path(name)) : null;

    public string? Text(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            errors.Add(PredictErrors.WrongType(field, "a string", PredictRequestReader.Name(value)));
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            errors.Add(PredictErrors.WrongType(field, "a string", "a string with half of a surrogate pair"));
            return null;
        }
    }

    public bool Flag(string name)
    {
        if (Find(name) is not { } value)
            return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            errors.Add(PredictErrors.WrongType(Path(name), "true or false", PredictRequestReader.Name(value)));
        return value.ValueKind == JsonValueKind.True;
    }

    public double? Number(string name, double least, double most)
    {
        if (Find(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            errors.Add(PredictErrors.WrongType(Path(name), "a number", PredictRequestReader.Name(value)));
        else if (!value.TryGetDouble(out var number) || !(number >= least && number <= most))
            errors.Add(OpenAiErrors.OutOfRange(Path(name), value.GetRawText(), string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}")));
        else
            return number;
        return null;
    }

    public long? Whole(string name, long least, long most)
    {
        if (Find(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            errors.Add(PredictErrors.WrongType(Path(name), "a whole number", PredictRequestReader.Name(value)));
        else if (!value.TryGetInt64(out var number) || number < least || number > most)
            errors.Add(OpenAiErrors.OutOfRange(Path(name), value.GetRawText(), string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}")));
        else
            return number;
        return null;
    }

    /// <summary>An object inside; null when it is left out or is none.</summary>
    public FieldReader? Inside(string name)
    {
        if (Find(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Object)
            return new FieldReader(value, Path(name) + ".", errors);
        errors.Add(PredictErrors.WrongType(Path(name), "an object", PredictRequestReader.Name(value)));
        return null;
    }
}

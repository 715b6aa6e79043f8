using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Platform.Engine.Tokenization;

/// <summary>A value in a JSON file that knows where it stands, so that every complaint names file and field.</summary>
internal readonly struct JsonField
{
    private readonly string _file;
    private readonly JsonElement _element;

    private JsonField(string file, string path, JsonElement element)
    {
        _file = file;
        Path = path;
        _element = element;
    }

    /// <summary>The field as it would be written in code, such as <c>model.merges[3]</c>.</summary>
    public string Path { get; }

    /// <summary>File and field, for messages.</summary>
    public string Where => Path.Length == 0 ? _file : $"{_file}: {Path}";

    /// <summary>What kind of value it is.</summary>
    public JsonValueKind Kind => _element.ValueKind;

    /// <summary>Reads a whole file.</summary>
    public static JsonField Parse(byte[] json, string file)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
            return new JsonField(file, "", JsonElement.ParseValue(ref reader)).AsObject();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file}: not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>The error to throw about this field.</summary>
    public InvalidDataException Error(string problem) => new($"{Where}: {problem}");

    /// <summary>A field of this object; null when it is absent or null.</summary>
    public JsonField? Find(string name)
    {
        AsObject();
        return _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? new JsonField(_file, Path.Length == 0 ? name : $"{Path}.{name}", value)
            : null;
    }

    /// <summary>A field of this object that must be there.</summary>
    public JsonField Get(string name) => Find(name) ?? throw Error($"the field '{name}' is missing.");

    /// <summary>The text of a field of this object, or <paramref name="otherwise"/> when it is absent.</summary>
    [return: NotNullIfNotNull(nameof(otherwise))]
    public string? Text(string name, string? otherwise) => Find(name)?.AsText() ?? otherwise;

    /// <summary>The truth value of a field of this object, or <paramref name="otherwise"/> when it is absent.</summary>
    public bool Flag(string name, bool otherwise)
    {
        if (Find(name) is not { } field)
            return otherwise;
        return field.Kind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw field.Error($"must be true or false, not {field._element.GetRawText()}."),
        };
    }

    /// <summary>This value as text.</summary>
    public string AsText()
    {
        if (Kind != JsonValueKind.String)
            throw Error($"must be a text, not {Describe()}.");
        try
        {
            return _element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{Where}: the text is not valid Unicode: {e.Message}", e);
        }
    }

    /// <summary>This value as a single UTF-16 character.</summary>
    public char AsCharacter() => AsText() is [var character] ? character : throw Error("must be exactly one character.");

    /// <summary>This value as a whole number that is not negative.</summary>
    public int AsNumber() => Kind == JsonValueKind.Number && _element.TryGetInt32(out var number) && number >= 0
        ? number
        : throw Error($"must be a whole number from 0 to {int.MaxValue}, not {Describe()}.");

    /// <summary>Whether this is the number 0, however it is written.</summary>
    public bool IsZero => Kind == JsonValueKind.Number && _element.TryGetDouble(out var number) && number == 0;

    /// <summary>The elements of this array.</summary>
    public IEnumerable<JsonField> AsArray()
    {
        if (Kind != JsonValueKind.Array)
            throw Error($"must be a list, not {Describe()}.");
        return Elements(this);
    }

    /// <summary>The fields of this object with their names.</summary>
    public IEnumerable<(string Name, JsonField Value)> AsFields()
    {
        AsObject();
        return Fields(this);
    }

    private JsonField AsObject() => Kind == JsonValueKind.Object ? this : throw Error($"must be an object, not {Describe()}.");

    private string Describe() => Kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => _element.GetRawText() is { Length: <= 60 } text ? text : "a long text",
    };

    private static IEnumerable<JsonField> Elements(JsonField array)
    {
        var index = 0;
        foreach (var element in array._element.EnumerateArray())
            yield return new JsonField(array._file, $"{array.Path}[{index++}]", element);
    }

    private static IEnumerable<(string Name, JsonField Value)> Fields(JsonField owner)
    {
        foreach (var property in owner._element.EnumerateObject())
            yield return (property.Name, new JsonField(owner._file, $"{owner.Path}.{property.Name}", property.Value));
    }
}

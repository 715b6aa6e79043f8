using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Platform.Domain.Datasets.Formats;
using Platform.Domain.Results;

namespace Platform.Domain.Datasets;

/// <summary>
/// Writes rows in their one canonical form (id, input, output, then the other fields in the order they came), so that the same
/// data always has the same content address. Reports what keeps a line from being a row.
/// </summary>
internal sealed class RowWriter : IAsyncDisposable
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    private readonly Stream target;
    private readonly Split split;
    private readonly string fileName;
    private readonly ArrayBufferWriter<byte> line = new();
    private readonly Utf8JsonWriter json;

    public RowWriter(Stream target, Split split, string fileName)
    {
        this.target = target;
        this.split = split;
        this.fileName = fileName;
        json = new Utf8JsonWriter(line, Compact);
    }

    public long Rows { get; private set; }

    /// <returns>The problem, or null when the row was written.</returns>
    public async ValueTask<Error?> WriteJsonAsync(ReadOnlyMemory<byte> source, long lineNumber, CancellationToken cancellationToken)
    {
        if (!System.Text.Unicode.Utf8.IsValid(source.Span))
            return DatasetErrors.NotUtf8(fileName, lineNumber);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(source, Strict);
        }
        catch (JsonException exception)
        {
            return DatasetErrors.Row("row_not_json", fileName, lineNumber, null,
                $"the line is not a valid JSON object ({Reason(exception)}); write one object like {{\"id\": \"r1\", \"input\": {{\"text\": \"...\"}}, \"output\": \"...\"}}.");
        }

        using (document)
        {
            var row = document.RootElement;
            if (ProblemWith(row) is var (field, problem))
                return DatasetErrors.Row("row_malformed", fileName, lineNumber, field, problem);
            var id = row.TryGetProperty("id", out var given) ? given.ValueKind == JsonValueKind.String ? given.GetString()! : given.GetRawText() : GeneratedId();
            await WriteAsync(id, row.GetProperty("input"), row.GetProperty("output"), row, cancellationToken);
            return null;
        }
    }

    /// <summary>A record of a table; columns that the map does not name are kept as further fields.</summary>
    public async ValueTask WriteRecordAsync(ColumnMap map, IReadOnlyList<string> columns, IReadOnlyList<string?> fields, CancellationToken cancellationToken)
    {
        string? Field(string? name)
        {
            for (var index = 0; name is not null && index < columns.Count; index++)
                if (columns[index] == name)
                    return fields[index];
            return null;
        }

        json.WriteStartObject();
        json.WriteString("id", Field(map.Id) is { Length: > 0 } id ? id : GeneratedId());
        json.WriteStartObject("input");
        json.WriteString("text", Field(map.Text) ?? "");
        if (Field(map.Text2) is { Length: > 0 } text2)
            json.WriteString("text2", text2);
        json.WriteEndObject();
        json.WriteString("output", Field(map.Output) ?? "");
        for (var index = 0; index < columns.Count; index++)
            if (columns[index] is not ("id" or "input" or "output" or "text" or "text2" or "") && !map.Names.Contains(columns[index]) && fields[index] is { Length: > 0 } value)
                json.WriteString(columns[index], value);
        json.WriteEndObject();
        await EndLineAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync() => await json.DisposeAsync();

    /// <summary>The parser's first sentence: what it says about places counts from zero.</summary>
    private static string Reason(JsonException exception) =>
        $"byte {exception.BytePositionInLine + 1}: {exception.Message.Split(". ")[0].TrimEnd('.')}";

    private string GeneratedId() => $"{split.ToWire()}-{Rows + 1}";

    private static (string? Field, string Problem)? ProblemWith(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
            return (null, "the line is not a JSON object; write one object a line.");
        if (row.TryGetProperty("id", out var id) && id.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
            return ("id", "the id must be a string.");
        if (!row.TryGetProperty("input", out var input))
            return ("input", "the field is missing; write \"input\": {\"text\": \"...\"}.");
        if (input.ValueKind != JsonValueKind.Object)
            return ("input", "the field must be an object with \"text\" (and \"text2\" for pairs).");
        if (!input.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String)
            return ("input.text", "the field is missing or not a string; it holds the text to work on.");
        if (input.TryGetProperty("text2", out var text2) && text2.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            return ("input.text2", "the field must be a string.");
        if (!row.TryGetProperty("output", out var output) || output.ValueKind != JsonValueKind.String)
            return ("output", "the field is missing or not a string; it holds the right answer (numbers as text, such as \"3.5\").");
        return null;
    }

    private async ValueTask WriteAsync(string id, JsonElement input, JsonElement output, JsonElement row, CancellationToken cancellationToken)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WritePropertyName("input");
        input.WriteTo(json);
        json.WritePropertyName("output");
        output.WriteTo(json);
        foreach (var property in row.EnumerateObject().Where(property => property.Name is not ("id" or "input" or "output")))
            property.WriteTo(json);
        json.WriteEndObject();
        await EndLineAsync(cancellationToken);
    }

    private async ValueTask EndLineAsync(CancellationToken cancellationToken)
    {
        json.Flush();
        line.Write("\n"u8);
        await target.WriteAsync(line.WrittenMemory, cancellationToken);
        line.ResetWrittenCount();
        json.Reset();
        Rows++;
    }
}

using System.Text.Json;
using Platform.Cli.Terminal;

namespace Platform.Cli.Serving;

/// <summary>Inputs, one JSON object a line: {"id","text","text2"}, or a bundle's rows with the same inside "input".</summary>
internal static class InputFile
{
    public static IEnumerable<PredictInput> Read(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return Parse(path, number, line);
        }
    }

    private static PredictInput Parse(string path, int number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind == JsonValueKind.Object)
            {
                var input = row.TryGetProperty("input", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : row;
                if (Text(input, "text") is { } text)
                    return new PredictInput(Text(row, "id"), text, Text(input, "text2"));
            }
        }
        catch (JsonException exception)
        {
            throw new CommandFailure($"{path}, line {number}: this is not valid JSON ({exception.Message.Split(". ")[0]}). Write one object a line.");
        }

        throw new CommandFailure($"{path}, line {number}: the field 'text' is missing. Write {{\"text\": \"...\"}} or a bundle's row.");
    }

    private static string? Text(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

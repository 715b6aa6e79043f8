using System.Text.Json;

namespace Platform.Engine.Tasks;

/// <summary>Reads the rows of a task bundle.</summary>
public static class TaskBundle
{
    /// <summary>Reads a split: one JSON object per line with id, input.text, optional input.text2, output and optional references.</summary>
    /// <param name="path">The .jsonl file.</param>
    /// <exception cref="InvalidDataException">A line is not such a row; the message names file, line and field.</exception>
    public static IReadOnlyList<Example> ReadSplit(string path)
    {
        var rows = new List<Example>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                rows.Add(Read(document.RootElement));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new InvalidDataException($"{path}, line {number}: not a row with id, input.text and output: {e.Message}", e);
            }
        }

        return rows;
    }

    private static Example Read(JsonElement row)
    {
        var input = row.GetProperty("input");
        return new Example(
            row.GetProperty("id").GetString()!,
            input.GetProperty("text").GetString()!,
            input.TryGetProperty("text2", out var second) ? second.GetString() : null,
            row.GetProperty("output").GetString()!,
            row.TryGetProperty("references", out var references) ? [.. references.EnumerateArray().Select(r => r.GetString()!)] : []);
    }
}

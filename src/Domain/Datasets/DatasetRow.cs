using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Platform.Domain.Datasets;

/// <summary>One example of a task.</summary>
public sealed record DatasetRow
{
    public required string Id { get; init; }

    public required string Text { get; init; }

    public string? Text2 { get; init; }

    public required string Output { get; init; }

    /// <summary>Words, for tagging.</summary>
    public IReadOnlyList<string>? Tokens { get; init; }

    /// <summary>One tag per word (IOB2 or plain).</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Further good outputs.</summary>
    public IReadOnlyList<string>? References { get; init; }

    /// <summary>1-based line in its file.</summary>
    public required long Line { get; init; }

    /// <summary>Streams the rows of a stored dataset.</summary>
    /// <param name="folder">The dataset version's folder on disk.</param>
    public static async IAsyncEnumerable<DatasetRow> ReadAsync(string folder, Split split, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Path.Combine(folder, split.FileName()));
        for (var line = 1L; await reader.ReadLineAsync(cancellationToken) is { } text; line++)
            yield return Parse(text, line);
    }

    private static DatasetRow Parse(string text, long line)
    {
        using var document = JsonDocument.Parse(text);
        var row = document.RootElement;
        var input = row.GetProperty("input");
        return new DatasetRow
        {
            Id = row.GetProperty("id").GetString()!,
            Text = input.GetProperty("text").GetString()!,
            Text2 = input.TryGetProperty("text2", out var text2) ? text2.GetString() : null,
            Output = row.GetProperty("output").GetString()!,
            Tokens = Strings(row, "tokens"),
            Tags = Strings(row, "tags"),
            References = Strings(row, "references"),
            Line = line,
        };
    }

    private static string[]? Strings(JsonElement row, string name) =>
        row.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : null;
}

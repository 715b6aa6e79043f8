using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Platform.Domain.Datasets;

/// <summary>One example of a task.</summary>
public sealed record DatasetRow
{
    /// <summary>What is in the store was held to the upload's limit; writing it canonically may have made it longer.</summary>
    internal const int LongestStoredLine = 1 << 30;

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

    /// <summary>Where the row begins in its file (bytes), and how long it is there.</summary>
    public required long Offset { get; init; }

    public required int Length { get; init; }

    /// <summary>Streams the rows of a stored dataset.</summary>
    /// <param name="folder">The dataset version's folder on disk.</param>
    public static async IAsyncEnumerable<DatasetRow> ReadAsync(string folder, Split split, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path.Combine(folder, split.FileName()), FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true);
        var reader = new LineReader(file, LongestStoredLine, long.MaxValue);
        while (await reader.ReadAsync(cancellationToken) == ReadOutcome.Row)
            yield return Parse(reader.Line, reader.LineNumber, reader.LineOffset);
    }

    /// <param name="source">The row's line as it is stored.</param>
    internal static DatasetRow Parse(ReadOnlyMemory<byte> source, long line, long offset)
    {
        using var document = JsonDocument.Parse(source);
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
            Offset = offset,
            Length = source.Length,
        };
    }

    private static string[]? Strings(JsonElement row, string name) =>
        row.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : null;
}

using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Domain.Datasets.Revisions;

/// <summary>A split's file with a revision's changes made to it, as a stream that is written while it is read.</summary>
/// <param name="changes">By line.</param>
/// <param name="outputs">What becomes of rows by their position; null leaves a row out.</param>
internal sealed class RevisedSplit(string file, long first, IReadOnlyDictionary<long, RowChange> changes, IReadOnlySet<long> excluded, IReadOnlyDictionary<long, string?> outputs)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes into <paramref name="target"/> and completes it, also when it fails: the reader then sees the failure.</summary>
    public async Task WriteAsync(PipeWriter target, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true);
            var reader = new LineReader(source, DatasetRow.LongestStoredLine, long.MaxValue);
            while (await reader.ReadAsync(cancellationToken) == ReadOutcome.Row)
                if (Revised(reader.Line, reader.LineNumber) is { } line)
                {
                    await target.WriteAsync(line, cancellationToken);
                    await target.WriteAsync("\n"u8.ToArray(), cancellationToken);
                }

            await target.CompleteAsync();
        }
        catch (Exception exception)
        {
            await target.CompleteAsync(exception);
        }
    }

    /// <returns>Null to leave the row out.</returns>
    private ReadOnlyMemory<byte>? Revised(ReadOnlyMemory<byte> line, long number)
    {
        var position = first + number - 1;
        if (excluded.Contains(position))
            return null;
        var moved = outputs.TryGetValue(position, out var output);
        if (!changes.TryGetValue(number, out var change))
            return !moved ? line : output is null ? null : Edited(line, null, null, output);
        if (change.Excluded)
            return null;
        if (change.Output is null && moved && output is null)
            return null;
        return Edited(line, change.Text, change.Text2, change.Output ?? output);
    }

    private static byte[] Edited(ReadOnlyMemory<byte> line, string? text, string? text2, string? output)
    {
        var row = JsonNode.Parse(line.Span)!.AsObject();
        var input = row["input"]!.AsObject();
        if (text is not null)
            input["text"] = text;
        if (text2 is not null)
            input["text2"] = text2;
        if (output is not null)
            row["output"] = output;
        return JsonSerializer.SerializeToUtf8Bytes(row, Relaxed);
    }
}

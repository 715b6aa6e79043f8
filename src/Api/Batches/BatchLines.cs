using System.Text;
using System.Text.Json;
using Platform.Domain.Batches;

namespace Platform.Api.Batches;

/// <summary>One request of a batch.</summary>
/// <param name="Number">Line in the file, from 1.</param>
/// <param name="CustomId">The caller's own id, unique in the file.</param>
/// <param name="Start">Where the line begins in the file, bytes.</param>
internal sealed record BatchLine(int Number, string CustomId, long Start, int Length);

/// <summary>Reads the file of a batch: first all of it to see whether it is sound, then line by line.</summary>
internal static class BatchLines
{
    private const int LongestId = 512;
    private const int MostProblems = 50;

    public static bool IsEndpoint(string path) => path is "/v1/chat/completions" or "/v1/completions" || TaskOf(path) is not null;

    /// <summary>The task whose predictions a path asks for; null for other paths.</summary>
    public static string? TaskOf(string path) =>
        path.StartsWith("/v1/tasks/", StringComparison.Ordinal) && path.EndsWith("/predict", StringComparison.Ordinal) && path.Length > "/v1/tasks//predict".Length && path.Length <= 128
            ? path["/v1/tasks/".Length..^"/predict".Length]
            : null;

    /// <returns>The lines, or what is wrong with them.</returns>
    public static async Task<(List<BatchLine> Lines, List<BatchProblem> Problems)> ReadAsync(
        string path, string endpoint, int mostLines, int longestLine, CancellationToken cancellationToken)
    {
        List<BatchLine> lines = [];
        List<BatchProblem> problems = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        var number = 0;
        await foreach (var (start, bytes) in SplitAsync(file, longestLine, cancellationToken))
        {
            number++;
            if (bytes is null)
                problems.Add(new BatchProblem("line_too_long", $"The line is longer than the limit of {longestLine} bytes. Shorten it.", number, null));
            else if (!bytes.AsSpan().ContainsAnyExcept(" \t\r"u8))
                continue;
            else if (Check(bytes, endpoint, number, ids, problems) is { } id)
                lines.Add(new BatchLine(number, id, start, bytes.Length));
            if (lines.Count > mostLines)
                problems.Add(new BatchProblem("lines_too_many", $"The file has more than {mostLines} requests, which is the limit. Split it over several batches.", number, null));
            if (problems.Count >= MostProblems || lines.Count > mostLines)
                break;
        }

        if (lines.Count == 0 && problems.Count == 0)
            problems.Add(new BatchProblem("file_empty", "The file has no requests; write one as JSON on each line.", null, null));
        return (lines, problems);
    }

    private static string? Check(byte[] bytes, string endpoint, int number, HashSet<string> ids, List<BatchProblem> problems)
    {
        try
        {
            if (!System.Text.Unicode.Utf8.IsValid(bytes))
                return Problem("line_not_utf8", "The line is not valid UTF-8.", null);
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return Problem("line_not_an_object", """The line must be an object: {"custom_id":"...","method":"POST","url":"...","body":{...}}.""", null);
            if (Text(root, "custom_id") is not { Length: > 0 and <= LongestId } id)
                return Problem("custom_id_invalid", $"'custom_id' must be a text of 1 to {LongestId} characters.", "custom_id");
            if (!ids.Add(id))
                return Problem("custom_id_twice", "This custom_id stands on an earlier line too; each must be unique in its file.", "custom_id");
            if (Text(root, "method") is not "POST")
                return Problem("method_invalid", "'method' must be POST.", "method");
            if (Text(root, "url") != endpoint)
                return Problem("url_mismatch", $"'url' must be the batch's endpoint, {endpoint}.", "url");
            return root.TryGetProperty("body", out var body) && body.ValueKind == JsonValueKind.Object ? id : Problem("body_missing", "'body' must be an object, the request itself.", "body");
        }
        catch (JsonException exception)
        {
            return Problem("line_not_json", $"The line is not valid JSON: {exception.Message.Split(" LineNumber:")[0].Split(" Path:")[0]}", null);
        }

        string? Problem(string code, string message, string? field)
        {
            problems.Add(new BatchProblem(code, message, number, field));
            return null;
        }
    }

    private static string? Text(JsonElement root, string name)
    {
        try
        {
            return root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Lines with their places; null for one that is too long to be read.</summary>
    private static async IAsyncEnumerable<(long Start, byte[]? Bytes)> SplitAsync(
        Stream file, int longest, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        using var line = new MemoryStream();
        var (start, place, tooLong) = (0L, 0L, false);
        for (int read; (read = await file.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            for (var i = 0; i < read;)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', i, read - i);
                var take = (end < 0 ? read : end) - i;
                tooLong |= line.Length + take > longest;
                if (!tooLong)
                    line.Write(buffer, i, take);
                (i, place) = (i + take, place + take);
                if (end < 0)
                    continue;
                yield return (start, tooLong ? null : line.ToArray());
                line.SetLength(0);
                (i, place) = (i + 1, place + 1);
                (start, tooLong) = (place, false);
            }
        }

        if (line.Length > 0 || tooLong)
            yield return (start, tooLong ? null : line.ToArray());
    }
}

/// <summary>The lines that a batch has written: what is whole stays after a crash, half a line goes.</summary>
internal sealed class BatchOutput : IAsyncDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly FileStream stream;
    private int count;

    private BatchOutput(FileStream stream, HashSet<string> ids) => (this.stream, Ids, count) = (stream, ids, ids.Count);

    /// <summary>custom_id of every line.</summary>
    public HashSet<string> Ids { get; }

    public int Count => Volatile.Read(ref count);

    public long Length => stream.Length;

    public static async Task<BatchOutput> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16, useAsync: true);
        HashSet<string> ids = new(StringComparer.Ordinal);
        var whole = 0L;
        using (var reader = new StreamReader(stream, Encoding.UTF8, false, 1 << 16, leaveOpen: true))
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line && Read(line) is { } id && ids.Add(id))
                whole += Encoding.UTF8.GetByteCount(line) + 1;
        }

        // The last line may have no line feed, or half of it may be missing.
        if (whole > stream.Length)
        {
            stream.Seek(0, SeekOrigin.End);
            stream.WriteByte((byte)'\n');
        }
        else
        {
            stream.SetLength(whole);
            stream.Seek(0, SeekOrigin.End);
        }

        return new BatchOutput(stream, ids);
    }

    public async Task WriteAsync(string customId, byte[] line)
    {
        await gate.WaitAsync();
        try
        {
            await stream.WriteAsync((byte[])[.. line, (byte)'\n']);
            await stream.FlushAsync();
            Ids.Add(customId);
            Volatile.Write(ref count, Ids.Count);
        }
        finally
        {
            gate.Release();
        }
    }

    public void FlushToDisk() => stream.Flush(flushToDisk: true);

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        gate.Dispose();
    }

    private static string? Read(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("custom_id").GetString();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

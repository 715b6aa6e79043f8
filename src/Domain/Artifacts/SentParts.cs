using System.Collections.Concurrent;
using System.Globalization;

namespace Platform.Domain.Artifacts;

/// <summary>
/// A line for the upload, then one for each part that has arrived. A line that was lost or half written costs that part only: it is sent
/// once more.
/// </summary>
internal sealed class SentParts : IDisposable
{
    private readonly string record;
    private readonly long partBytes;
    private readonly SemaphoreSlim writing = new(1);
    private readonly ConcurrentDictionary<int, string> etags = [];

    private SentParts(string record, long partBytes) => (this.record, this.partBytes) = (record, partBytes);

    /// <summary>Null before the upload has begun.</summary>
    public string? UploadId { get; private set; }

    public IReadOnlyDictionary<int, string> ETags => etags;

    public static async Task<SentParts> OpenAsync(string record, long partBytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(record)!);
        var sent = new SentParts(record, partBytes);
        var lines = File.Exists(record) ? await File.ReadAllLinesAsync(record, cancellationToken) : [];
        if (lines.Length == 0 || lines[0].Split(' ') is not [var size, var uploadId, "."] || size != Text(partBytes))
            return sent;
        sent.UploadId = uploadId;
        foreach (var line in lines.Skip(1))
            if (line.Split(' ') is [var number, var etag, "."])
                sent.etags[int.Parse(number, CultureInfo.InvariantCulture)] = etag;
        return sent;
    }

    public async Task BeginAsync(string uploadId, CancellationToken cancellationToken)
    {
        UploadId = uploadId;
        await File.WriteAllTextAsync(record, $"{Text(partBytes)} {uploadId} .\n", cancellationToken);
    }

    public async Task AddAsync(int number, string etag, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            await File.AppendAllTextAsync(record, $"{Text(number)} {etag} .\n", cancellationToken);
            etags[number] = etag;
        }
        finally
        {
            writing.Release();
        }
    }

    public void Forget()
    {
        File.Delete(record);
        etags.Clear();
        UploadId = null;
    }

    public void Dispose() => writing.Dispose();

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

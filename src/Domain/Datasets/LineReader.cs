namespace Platform.Domain.Datasets;

internal enum ReadOutcome
{
    Row,
    End,
    TooLong,
    FileTooLarge,
    NotUtf8,
    OpenQuote,

    /// <summary>A binary file that is not what its name says.</summary>
    Damaged,

    /// <summary>A part of a binary file that has to be in memory as a whole and is too large for that.</summary>
    GroupTooLarge,
}

/// <summary>Reads lines as bytes, holding never more than one line's limit in memory: an endless line is refused, not buffered.</summary>
internal sealed class LineReader(Stream stream, int maxLineBytes, long maxFileBytes)
{
    private const int Chunk = 64 * 1024;

    private byte[] buffer = new byte[Chunk];
    private int start;
    private int end;
    private bool ended;
    private long bytesRead;
    private long taken;

    /// <summary>1-based number of the line that was read last.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Where the line that was read last begins (bytes).</summary>
    public long LineOffset { get; private set; }

    /// <summary>The line without its end; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    public async ValueTask<ReadOutcome> ReadAsync(CancellationToken cancellationToken)
    {
        var searched = 0;
        while (true)
        {
            var newline = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            var length = newline >= 0 ? searched + newline : end - start;
            if (length > maxLineBytes)
                return Refused(ReadOutcome.TooLong);
            if (newline >= 0)
                return Take(length, skip: 1);
            if (ended)
                return length == 0 ? ReadOutcome.End : Take(length, skip: 0);

            searched = length;
            await FillAsync(cancellationToken);
            if (bytesRead > maxFileBytes)
                return Refused(ReadOutcome.FileTooLarge);
        }
    }

    private ReadOutcome Refused(ReadOutcome outcome)
    {
        LineNumber++;
        return outcome;
    }

    private ReadOutcome Take(int length, int skip)
    {
        LineNumber++;
        LineOffset = taken;
        taken += length + skip;
        var line = buffer.AsMemory(start, length);
        start += length + skip;
        if (LineNumber == 1 && line.Span.StartsWith("\uFEFF"u8))
            line = line[3..];
        Line = line.Span.EndsWith("\r"u8) ? line[..^1] : line;
        return ReadOutcome.Row;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        if (end == buffer.Length)
            Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, maxLineBytes + (long)Chunk));
        var read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
        end += read;
        bytesRead += read;
        ended = read == 0;
    }
}

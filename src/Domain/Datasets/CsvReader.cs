using System.Text;

namespace Platform.Domain.Datasets;

/// <summary>
/// RFC 4180: quoted fields may hold the separator, doubled quotes and line breaks. The separator is the one of comma, semicolon
/// and tab that the header uses most. Holds never more than one record's limit in memory.
/// </summary>
internal sealed class CsvReader(Stream stream, int maxRecordChars, long maxFileBytes)
{
    private readonly byte[] bytes = new byte[64 * 1024];
    private readonly char[] chars = new char[64 * 1024 + 4];
    private readonly Decoder decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    private readonly StringBuilder field = new();

    private int position;
    private int available;
    private bool ended;
    private long bytesRead;
    private char separator;
    private long line = 1;
    private ReadOutcome? refusal;

    /// <summary>1-based line where the record that was read last begins.</summary>
    public long LineNumber { get; private set; }

    public List<string> Fields { get; private set; } = [];

    public async ValueTask<ReadOutcome> ReadAsync(CancellationToken cancellationToken)
    {
        Fields = [];
        field.Clear();
        LineNumber = line;
        var (quoted, wasQuoted, size, any) = (false, false, 0, false);
        while (true)
        {
            if (position == available && await FillAsync(cancellationToken) is { } problem)
                return problem;
            if (position == available)
                return quoted ? ReadOutcome.OpenQuote : any ? EndRecord() : ReadOutcome.End;

            if (LineNumber == 1 && separator == '\0')
                separator = GuessSeparator();
            var next = chars[position++];
            any = true;
            if (next == '\n')
                line++;
            if (++size > maxRecordChars)
                return ReadOutcome.TooLong;

            if (quoted)
                quoted = await StaysQuotedAsync(next, cancellationToken);
            else if (next == '"' && field.Length == 0 && !wasQuoted)
                quoted = wasQuoted = true;
            else if (next == separator)
                wasQuoted = EndField();
            else if (next == '\n')
                return EndRecord();
            else if (next != '\r')
                field.Append(next);
        }
    }

    /// <summary>Inside quotes, a quote ends the field unless another one follows.</summary>
    private async ValueTask<bool> StaysQuotedAsync(char next, CancellationToken cancellationToken)
    {
        if (next != '"')
        {
            field.Append(next);
            return true;
        }

        if (position == available)
            await FillAsync(cancellationToken);
        if (position == available || chars[position] != '"')
            return false;
        position++;
        field.Append('"');
        return true;
    }

    private bool EndField()
    {
        Fields.Add(field.ToString());
        field.Clear();
        return false;
    }

    private ReadOutcome EndRecord()
    {
        EndField();
        return ReadOutcome.Row;
    }

    private char GuessSeparator()
    {
        var header = chars.AsSpan(position, available - position);
        var newline = header.IndexOf('\n');
        if (newline >= 0)
            header = header[..newline];
        var best = ',';
        foreach (var candidate in ";\t")
            if (header.Count(candidate) > header.Count(best))
                best = candidate;
        return best;
    }

    private async ValueTask<ReadOutcome?> FillAsync(CancellationToken cancellationToken)
    {
        position = available = 0;
        if (refusal is not null)
            return refusal;
        while (available == 0 && !ended)
        {
            var first = bytesRead == 0;
            var read = await stream.ReadAsync(bytes, cancellationToken);
            ended = read == 0;
            bytesRead += read;
            if (bytesRead > maxFileBytes)
                return refusal = ReadOutcome.FileTooLarge;
            try
            {
                available = decoder.GetChars(bytes, 0, read, chars, 0, flush: ended);
            }
            catch (DecoderFallbackException)
            {
                return refusal = ReadOutcome.NotUtf8;
            }

            if (first && available > 0 && chars[0] == '\uFEFF')
                position = 1;
        }

        return null;
    }
}

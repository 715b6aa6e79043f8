using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Setup;

namespace Platform.Domain.Datasets;

/// <summary>
/// The three files of a dataset on their way in. Each streams through once, row by row; only when all are whole does anything
/// appear in the store, and disposing without that leaves nothing behind.
/// </summary>
public sealed class DatasetStaging : IDisposable
{
    /// <summary>Problems reported per file before reading stops.</summary>
    public const int MaxProblems = 20;

    private readonly ArtifactStaging files;
    private readonly PlatformOptions limits;
    private readonly Dictionary<Split, long> rows = [];
    private bool failed;

    internal DatasetStaging(ArtifactStore store, IOptions<PlatformOptions> options)
    {
        files = store.Stage(ArtifactStore.Datasets);
        limits = options.Value;
    }

    /// <param name="fileName">Its extension says the format: .jsonl, .csv or .tsv.</param>
    /// <param name="content">Read once, to its end or to the first refusal; not disposed.</param>
    /// <returns>How many rows the split has.</returns>
    public async Task<Result<long>> AddAsync(Split split, string fileName, Stream content, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(fileName);
        var result = rows.ContainsKey(split) ? DatasetErrors.SplitTwice(split) : await ReadAsync(split, name, content, cancellationToken);
        failed |= result.IsFailure;
        if (result.IsSuccess)
            rows.Add(split, result.Value);
        return result;
    }

    public void Dispose() => files.Dispose();

    internal long RowsIn(Split split) => rows[split];

    internal async Task<Result<StoredArtifact>> CommitAsync(CancellationToken cancellationToken)
    {
        if (failed)
            throw new InvalidOperationException("A file of this dataset was refused; it cannot be stored.");
        var missing = Splits.All.Where(split => !rows.ContainsKey(split)).Select(DatasetErrors.MissingSplit).ToList();
        return missing.Count > 0 ? Result.Failure<StoredArtifact>(missing) : await files.CommitAsync(cancellationToken);
    }

    private async Task<Result<long>> ReadAsync(Split split, string name, Stream content, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = files.CreateFile(split.FileName());
            await using var writer = new RowWriter(file, split, name);
            var errors = Path.GetExtension(name).ToLowerInvariant() switch
            {
                ".jsonl" or ".ndjson" or ".json" => await ReadJsonAsync(writer, name, content, cancellationToken),
                ".csv" or ".tsv" => await ReadCsvAsync(writer, name, content, cancellationToken),
                _ => [DatasetErrors.UnknownFormat(name)],
            };
            if (errors.Count == 0 && writer.Rows == 0)
                errors.Add(DatasetErrors.EmptySplit(split));
            return errors.Count > 0 ? Result.Failure<long>(errors) : writer.Rows;
        }
        catch (IOException exception) when (StorageErrors.IsDiskFull(exception))
        {
            return StorageErrors.DiskFull(files.Folder, content.CanSeek ? content.Length : null);
        }
    }

    private async Task<List<Error>> ReadJsonAsync(RowWriter writer, string name, Stream content, CancellationToken cancellationToken)
    {
        List<Error> errors = [];
        var reader = new LineReader(content, limits.MaxLineBytes, limits.MaxFileBytes);
        ReadOutcome outcome;
        while ((outcome = await reader.ReadAsync(cancellationToken)) == ReadOutcome.Row)
        {
            if (IsBlank(reader.Line.Span))
                continue;
            if (writer.Rows >= limits.MaxRows)
                return [.. errors, DatasetErrors.TooManyRows(name, limits.MaxRows)];
            if (await writer.WriteJsonAsync(reader.Line, reader.LineNumber, cancellationToken) is { } problem && IsEnough(errors, problem, name))
                return errors;
        }

        return [.. errors, .. Refusal(outcome, name, reader.LineNumber)];
    }

    private async Task<List<Error>> ReadCsvAsync(RowWriter writer, string name, Stream content, CancellationToken cancellationToken)
    {
        List<Error> errors = [];
        var reader = new CsvReader(content, limits.MaxLineBytes, limits.MaxFileBytes);
        var outcome = await reader.ReadAsync(cancellationToken);
        List<string> header = [.. reader.Fields.Select(field => field.Trim())];
        if (outcome is ReadOutcome.Row or ReadOutcome.End && (!header.Contains("text") || !header.Contains("output") || header.Distinct().Count() < header.Count))
            return [DatasetErrors.CsvHeader(name, header)];

        while (outcome == ReadOutcome.Row && (outcome = await reader.ReadAsync(cancellationToken)) == ReadOutcome.Row)
        {
            if (reader.Fields is [""])
                continue;
            if (writer.Rows >= limits.MaxRows)
                return [.. errors, DatasetErrors.TooManyRows(name, limits.MaxRows)];
            var problem = reader.Fields.Count == header.Count
                ? await writer.WriteCsvAsync(header, reader.Fields, cancellationToken)
                : DatasetErrors.CsvFields(name, reader.LineNumber, header.Count, reader.Fields.Count);
            if (problem is not null && IsEnough(errors, problem, name))
                return errors;
        }

        return [.. errors, .. Refusal(outcome, name, reader.LineNumber)];
    }

    private static bool IsEnough(List<Error> errors, Error problem, string name)
    {
        errors.Add(problem);
        if (errors.Count < MaxProblems)
            return false;
        errors.Add(DatasetErrors.FurtherProblems(name, MaxProblems));
        return true;
    }

    private IEnumerable<Error> Refusal(ReadOutcome outcome, string name, long line) => outcome switch
    {
        ReadOutcome.TooLong => [DatasetErrors.LineTooLong(name, line, limits.MaxLineBytes)],
        ReadOutcome.FileTooLarge => [DatasetErrors.FileTooLarge(name, limits.MaxFileBytes)],
        ReadOutcome.NotUtf8 => [DatasetErrors.NotUtf8(name, line)],
        ReadOutcome.OpenQuote => [DatasetErrors.CsvQuote(name, line)],
        _ => [],
    };

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8).IsEmpty;
}

using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Datasets.Formats;
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
    private long rowsRead;

    internal DatasetStaging(ArtifactStore store, IOptions<PlatformOptions> options)
    {
        files = store.Stage(ArtifactStore.Datasets);
        limits = options.Value;
    }

    /// <summary>Rows that were read so far, over all files; may be asked while a file is being read.</summary>
    public long RowsRead => Interlocked.Read(ref rowsRead);

    /// <inheritdoc cref="AddAsync(Split, string, Stream, ColumnMap, CancellationToken)"/>
    public Task<Result<long>> AddAsync(Split split, string fileName, Stream content, CancellationToken cancellationToken) =>
        AddAsync(split, fileName, content, ColumnMap.Plain, cancellationToken);

    /// <param name="fileName">Its extension says the format.</param>
    /// <param name="content">Read once, to its end or to the first refusal; not disposed. Parquet has its index at the end: what cannot be sought in is put on disk first.</param>
    /// <param name="map">The columns of a table; JSONL needs none.</param>
    /// <returns>How many rows the split has.</returns>
    public async Task<Result<long>> AddAsync(Split split, string fileName, Stream content, ColumnMap map, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(fileName);
        var result = rows.ContainsKey(split) ? DatasetErrors.SplitTwice(split) : await ReadAsync(split, name, content, map, cancellationToken);
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

    private async Task<Result<long>> ReadAsync(Split split, string name, Stream content, ColumnMap map, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = files.CreateFile(split.FileName());
            await using var writer = new RowWriter(file, split, name);
            var errors = DataFormats.Of(name) switch
            {
                DataFormat.Jsonl => await ReadJsonAsync(writer, name, content, cancellationToken),
                DataFormat.Csv => await ReadTableAsync(writer, name, map, await CsvRecords.OpenAsync(name, content, limits.MaxLineBytes, limits.MaxFileBytes, cancellationToken), cancellationToken),
                DataFormat.Parquet => await ReadParquetAsync(writer, name, map, content, cancellationToken),
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
            Interlocked.Increment(ref rowsRead);
        }

        return [.. errors, .. Refusal(outcome, name, reader.LineNumber)];
    }

    private async Task<List<Error>> ReadParquetAsync(RowWriter writer, string name, ColumnMap map, Stream content, CancellationToken cancellationToken)
    {
        if (content.CanSeek)
            return await ReadTableAsync(writer, name, map, await ParquetRecords.OpenAsync(name, content, cancellationToken), cancellationToken);
        await using var copy = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        });
        await content.CopyToAsync(copy, cancellationToken);
        copy.Position = 0;
        return await ReadTableAsync(writer, name, map, await ParquetRecords.OpenAsync(name, copy, cancellationToken), cancellationToken);
    }

    private async Task<List<Error>> ReadTableAsync(RowWriter writer, string name, ColumnMap map, Result<IRecords> opened, CancellationToken cancellationToken)
    {
        if (opened.IsFailure)
            return [.. opened.Errors];
        await using var records = opened.Value;
        foreach (var column in new[] { map.Text, map.Output })
            if (!records.Columns.Contains(column, StringComparer.Ordinal))
                return [map == ColumnMap.Plain ? DatasetErrors.CsvHeader(name, records.Columns) : DatasetErrors.ColumnMissing(name, column, records.Columns)];

        List<Error> errors = [];
        ReadOutcome outcome;
        while ((outcome = await records.ReadAsync(cancellationToken)) == ReadOutcome.Row)
        {
            if (writer.Rows >= limits.MaxRows)
                return [.. errors, DatasetErrors.TooManyRows(name, limits.MaxRows)];
            if (records.Fields.Count == records.Columns.Count)
            {
                await writer.WriteRecordAsync(map, records.Columns, records.Fields, cancellationToken);
                Interlocked.Increment(ref rowsRead);
            }
            else if (IsEnough(errors, DatasetErrors.CsvFields(name, records.LineNumber, records.Columns.Count, records.Fields.Count), name))
                return errors;
        }

        return [.. errors, .. Refusal(outcome, name, records.LineNumber)];
    }

    private static bool IsEnough(List<Error> errors, Error problem, string name)
    {
        errors.Add(problem);
        if (errors.Count < MaxProblems)
            return false;
        errors.Add(DatasetErrors.FurtherProblems(name, MaxProblems));
        return true;
    }

    private IEnumerable<Error> Refusal(ReadOutcome outcome, string name, long line) =>
        DatasetErrors.Of(outcome, name, line, limits.MaxLineBytes, limits.MaxFileBytes) is { } error ? [error] : [];

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8).IsEmpty;
}

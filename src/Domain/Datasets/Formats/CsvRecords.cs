using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Formats;

internal sealed class CsvRecords : IRecords
{
    private readonly CsvReader reader;

    private CsvRecords(CsvReader reader, IReadOnlyList<string> columns)
    {
        this.reader = reader;
        Columns = columns;
    }

    public IReadOnlyList<string> Columns { get; }

    public long LineNumber => reader.LineNumber;

    public IReadOnlyList<string?> Fields => reader.Fields;

    public static async Task<Result<IRecords>> OpenAsync(string name, Stream content, int maxRecordChars, long maxFileBytes, CancellationToken cancellationToken)
    {
        var reader = new CsvReader(content, maxRecordChars, maxFileBytes);
        var outcome = await reader.ReadAsync(cancellationToken);
        List<string> columns = [.. reader.Fields.Select(field => field.Trim())];
        if (outcome is not (ReadOutcome.Row or ReadOutcome.End))
            return DatasetErrors.Of(outcome, name, reader.LineNumber, maxRecordChars, maxFileBytes)!;
        return columns.Distinct(StringComparer.Ordinal).Count() < columns.Count
            ? DatasetErrors.CsvHeader(name, columns)
            : new CsvRecords(reader, columns);
    }

    public async ValueTask<ReadOutcome> ReadAsync(CancellationToken cancellationToken)
    {
        ReadOutcome outcome;
        do
            outcome = await reader.ReadAsync(cancellationToken);
        while (outcome == ReadOutcome.Row && reader.Fields is [""]);
        return outcome;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

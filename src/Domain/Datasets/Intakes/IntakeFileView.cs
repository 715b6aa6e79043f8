using Platform.Domain.Datasets.Formats;
using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Intakes;

/// <summary>A look into an uploaded file before its rows are read.</summary>
/// <param name="Columns">Of a table; none for JSONL.</param>
/// <param name="Records">The first ones.</param>
/// <param name="Problem">What keeps it from being looked into.</param>
public sealed record IntakeFileView(IntakeFile File, DataFormat? Format, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string?>> Records, Error? Problem)
{
    public const int ShownRecords = 5;

    public bool IsTable => Format is DataFormat.Csv or DataFormat.Parquet;

    internal static async Task<IntakeFileView> OfAsync(IntakeFile file, Stream content, int maxRecordChars, long maxFileBytes, CancellationToken cancellationToken)
    {
        var format = DataFormats.Of(file.Name);
        if (format is null or DataFormat.Jsonl)
            return new IntakeFileView(file, format, [], [], format is null ? DatasetErrors.UnknownFormat(file.Name) : null);
        var opened = format == DataFormat.Csv
            ? await CsvRecords.OpenAsync(file.Name, content, maxRecordChars, maxFileBytes, cancellationToken)
            : await ParquetRecords.OpenAsync(file.Name, content, cancellationToken);
        if (opened.IsFailure)
            return new IntakeFileView(file, format, [], [], opened.Error);

        await using var records = opened.Value;
        List<IReadOnlyList<string?>> first = [];
        var outcome = ReadOutcome.Row;
        while (first.Count < ShownRecords && (outcome = await records.ReadAsync(cancellationToken)) == ReadOutcome.Row)
            first.Add([.. records.Fields]);
        var problem = DatasetErrors.Of(outcome, file.Name, records.LineNumber, maxRecordChars, maxFileBytes);
        return new IntakeFileView(file, format, records.Columns, first, problem);
    }
}

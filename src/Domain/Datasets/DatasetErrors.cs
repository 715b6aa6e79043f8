using Platform.Domain.Results;

namespace Platform.Domain.Datasets;

public static class DatasetErrors
{
    public static Error LineTooLong(string file, long line, int limit) => Error.TooLarge(
        "line_too_long", $"{file}, line {line}: the line is longer than {limit:N0} bytes, the limit for one row. Shorten or split the row and upload the file again.", file);

    public static Error FileTooLarge(string file, long limit) => Error.TooLarge(
        "file_too_large", $"{file}: the file is larger than {limit:N0} bytes. Split it, or raise the setting Platform__MaxFileBytes.", file);

    public static Error TooManyRows(string file, long limit) => Error.TooLarge(
        "too_many_rows", $"{file}: the file has more than {limit:N0} rows. Leave some out, or raise the setting Platform__MaxRows.", file);

    public static Error Row(string code, string file, long line, string? field, string message) => Error.Invalid(
        code, $"{file}, line {line}{(field is null ? "" : $", field {field}")}: {message}", field is null ? $"{file}:{line}" : $"{file}:{line}:{field}");

    public static Error FurtherProblems(string file, int shown) => Error.Invalid(
        "further_problems", $"{file}: only the first {shown} problems are listed; mend them and upload again to see the rest.", file);

    public static Error EmptySplit(Split split) => Error.Invalid(
        "split_empty", $"{split.FileName()} has no rows; every one of train, validation and test needs at least one.", split.ToWire());

    public static Error MissingSplit(Split split) => Error.Invalid(
        "split_missing", $"{split.FileName()} is missing; a dataset has train, validation and test.", split.ToWire());

    public static Error SplitTwice(Split split) => Error.Invalid("split_twice", $"{split.ToWire()} was given twice; upload one file for each split.", split.ToWire());

    public static Error UnknownFormat(string file) => Error.Invalid(
        "format_unknown", $"{file}: the format is unknown; upload .jsonl (one JSON object a line), .csv, .tsv or .parquet.", file);

    public static Error UnknownVersion(object version) => Error.NotFound("dataset_unknown", $"There is no dataset version {version} that you may see.", "dataset_version");

    public static Error NotIndexed(int number) => Error.Conflict("rows_not_indexed", $"The rows of version {number} are not indexed yet. They are when its check ends; a version that was checked by an earlier release has to be checked again.");

    public static Error CsvHeader(string file, IReadOnlyList<string> found) => Error.Invalid(
        "csv_header_invalid", $"{file}, line 1: the header must name the columns 'text' and 'output' (optional: 'id', 'text2'; others are kept); it names {(found.Count == 0 ? "none" : string.Join(", ", found.Select(name => $"'{name}'")))}.", $"{file}:1");

    public static Error CsvFields(string file, long line, int expected, int actual) => Row(
        "csv_fields_wrong", file, line, null, $"the record has {actual} fields, the header has {expected}. Quote fields that hold the separator, a quote or a line break.");

    public static Error CsvQuote(string file, long line) => Row(
        "csv_quote_open", file, line, null, "a quoted field is never closed. Double the quotes inside a field (\"\") and close it.");

    public static Error ColumnMissing(string file, string column, IReadOnlyList<string> found) => Error.Invalid(
        "column_missing", $"{file}: there is no column '{column}'; it has {(found.Count == 0 ? "none" : string.Join(", ", found.Take(30).Select(name => $"'{name}'")))}. Choose another, or upload files with the same columns.", file);

    public static Error ParquetDamaged(string file) => Error.Invalid(
        "parquet_malformed", $"{file}: this is not a Parquet file that can be read; it may be cut off or encrypted. Write it again and upload it.", file);

    public static Error ParquetGroupTooLarge(string file, long limit) => Error.TooLarge(
        "parquet_group_too_large", $"{file}: one of its row groups takes more than {limit:N0} bytes. Write the file with smaller row groups (some 100,000 rows each).", file);

    /// <summary>Why reading stopped; null where it came to the end.</summary>
    internal static Error? Of(ReadOutcome outcome, string file, long line, int maxLineBytes, long maxFileBytes) => outcome switch
    {
        ReadOutcome.TooLong => LineTooLong(file, line, maxLineBytes),
        ReadOutcome.FileTooLarge => FileTooLarge(file, maxFileBytes),
        ReadOutcome.NotUtf8 => NotUtf8(file, line),
        ReadOutcome.OpenQuote => CsvQuote(file, line),
        ReadOutcome.Damaged => ParquetDamaged(file),
        ReadOutcome.GroupTooLarge => ParquetGroupTooLarge(file, Formats.ParquetRecords.MaxGroupBytes),
        _ => null,
    };

    public static Error NotUtf8(string file, long line) => Row("not_utf8", file, line, null, "the text is not valid UTF-8. Save the file as UTF-8.");
}

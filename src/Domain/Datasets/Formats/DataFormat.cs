namespace Platform.Domain.Datasets.Formats;

public enum DataFormat
{
    /// <summary>One JSON object a line.</summary>
    Jsonl,

    /// <summary>With a header; separated by comma, semicolon or tab.</summary>
    Csv,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}

public static class DataFormats
{
    /// <summary>File name extensions, for a file chooser.</summary>
    public const string Extensions = ".jsonl,.ndjson,.json,.csv,.tsv,.parquet";

    /// <returns>Null when the extension says nothing that can be read.</returns>
    public static DataFormat? Of(string fileName) => Path.GetExtension(fileName).ToLowerInvariant() switch
    {
        ".jsonl" or ".ndjson" or ".json" => DataFormat.Jsonl,
        ".csv" or ".tsv" => DataFormat.Csv,
        ".parquet" => DataFormat.Parquet,
        _ => null,
    };
}

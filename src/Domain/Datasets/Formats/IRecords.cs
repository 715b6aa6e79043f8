namespace Platform.Domain.Datasets.Formats;

/// <summary>A table that is read from its first record to its last, holding only a bounded part of it in memory.</summary>
internal interface IRecords : IAsyncDisposable
{
    /// <summary>Known after it was opened.</summary>
    IReadOnlyList<string> Columns { get; }

    /// <summary>Where the record that was read last begins: a line, or for formats without lines the record's number. 1-based.</summary>
    long LineNumber { get; }

    /// <summary>One for each column; null where the table has no value.</summary>
    IReadOnlyList<string?> Fields { get; }

    ValueTask<ReadOutcome> ReadAsync(CancellationToken cancellationToken);
}

namespace Platform.Domain.Datasets.Rows;

/// <summary>What the data check said about a row.</summary>
/// <param name="Related">The other place, for problems that lie between two rows.</param>
public sealed record RowMark(string Code, FindingSeverity Severity, string? Related);

/// <param name="Position">0-based over all splits: train, then validation, then test.</param>
/// <param name="Tokens">Of the whole training sequence; null where they were not counted.</param>
public sealed record BrowsedRow(long Position, Split Split, DatasetRow Row, int? Tokens, IReadOnlyList<RowMark> Marks);

/// <summary>Some rows of many.</summary>
/// <param name="Matching">How many rows match; where <see cref="IsMore"/>, at least so many.</param>
/// <param name="IsMore">Counting stopped: nobody needs to know more exactly than that.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
/// <param name="Previous">Where the page before begins; null on the first one.</param>
public sealed record RowPage(IReadOnlyList<BrowsedRow> Rows, long Matching, bool IsMore, long? Next, long? Previous);

public sealed record LabelCount(string Label, long Train, long Validation, long Test)
{
    public long Total => Train + Validation + Test;
}

/// <param name="From">Tokens, inclusive.</param>
/// <param name="To">Exclusive.</param>
public sealed record LengthCount(int From, int To, long Rows);

/// <param name="Rows">All of them, not only those that the findings list.</param>
public sealed record ProblemCount(string Code, FindingSeverity Severity, long Rows);

/// <summary>What is in a dataset version, counted when it was checked.</summary>
/// <param name="Labels">The most frequent ones first; at most <see cref="MostLabels"/>.</param>
/// <param name="Outputs">How many different outputs there are.</param>
/// <param name="Lengths">Empty where they were not counted.</param>
/// <param name="ContextTokens">Longest sequence that the base model takes; 0 when it was not known.</param>
/// <param name="Changes">Against the version before; null for the first one.</param>
public sealed record DatasetSummary(
    IReadOnlyList<LabelCount> Labels, long Outputs, IReadOnlyList<LengthCount> Lengths, int ContextTokens, IReadOnlyList<ProblemCount> Problems, DatasetChanges? Changes)
{
    public const int MostLabels = 500;
}

/// <summary>How a version differs from the one before it. A row is the same when its text and output are; a changed row keeps its id.</summary>
public sealed record DatasetChanges(int AgainstNumber, long Added, long Removed, long Changed, long Same);

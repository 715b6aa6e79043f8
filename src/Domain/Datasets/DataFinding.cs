namespace Platform.Domain.Datasets;

public enum FindingSeverity
{
    Note,
    Warning,
    Error,
}

/// <summary>Something that the data check saw.</summary>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="File">The split's file, such as <c>train.jsonl</c>.</param>
/// <param name="Line">1-based; the first place where it was seen.</param>
/// <param name="Field">The row's field, such as <c>input.text</c>.</param>
/// <param name="Count">How often it was seen.</param>
public sealed record DataFinding(
    FindingSeverity Severity,
    string Code,
    string Message,
    string? File = null,
    long? Line = null,
    string? Field = null,
    long Count = 1);

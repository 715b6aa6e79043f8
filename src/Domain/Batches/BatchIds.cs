namespace Platform.Domain.Batches;

/// <summary>Ids as callers see them: a word that says what it is, and the row's id.</summary>
public static class BatchIds
{
    public const string File = "file-";
    public const string Batch = "batch_";

    public static string Of(string prefix, Guid id) => $"{prefix}{id:N}";

    /// <summary>Null when it is none.</summary>
    public static Guid? Parse(string prefix, string? id) =>
        id is not null && id.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParseExact(id[prefix.Length..], "N", out var guid) ? guid : null;
}

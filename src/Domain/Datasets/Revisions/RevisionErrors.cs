using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Revisions;

public static class RevisionErrors
{
    public static Error Empty() => Error.Invalid("revision_empty", "Nothing is changed yet. Leave out or edit a row first.");

    public static Error TooMany() => Error.Invalid(
        "revision_too_large", $"More than {DatasetRevision.MostRowChanges:N0} rows are changed by hand. Save these first, or change the file and upload it.");

    public static Error NoSuchRow(Split split, long line) => Error.NotFound("row_unknown", $"{split.FileName()} has no line {line}.", "line");

    public static Error UnderWay() => Error.Conflict("revision_under_way", "The changes are being written already. The new version appears when that ends.");
}

using Platform.Domain.Results;

namespace Platform.Domain.Batches;

public static class BatchErrors
{
    public static Error FileUnknown(string id) => Error.NotFound("file_unknown", $"There is no file '{id}' of your team. GET /v1/files lists them.", "id");

    public static Error BatchUnknown(string id) => Error.NotFound("batch_unknown", $"There is no batch '{id}' of your team. GET /v1/batches lists them.", "id");

    public static Error TooManyFiles(int most) => Error.Conflict("files_too_many", $"Your team has {most} files, which is the limit. Delete some that are no longer needed.");

    public static Error FileInUse(string id) => Error.Conflict("file_in_use", $"The file '{id}' is being answered by a batch. Cancel the batch first, or wait until it has ended.");

    public static Error TooManyBatches(int most) => Error.Conflict("batches_too_many", $"Your team has {most} batches that have not ended, which is the limit. Wait for one of them, or cancel it.");

    public static Error HasEnded(string id, BatchStatus status) => Error.Conflict("batch_has_ended", $"The batch '{id}' is {status.ToString().ToLowerInvariant()} and cannot be cancelled any more.");
}

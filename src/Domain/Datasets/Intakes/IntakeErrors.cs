using Platform.Domain.Results;

namespace Platform.Domain.Datasets.Intakes;

public static class IntakeErrors
{
    public const string OffsetCode = "upload_offset_wrong";

    public static Error Unknown(Guid id) => Error.NotFound("upload_unknown", $"There is no upload {id} that you may see. Begin it again.", "upload");

    public static Error NoFiles() => Error.Invalid("upload_empty", "The upload names no file. Choose one for each of train, validation and test.", "files");

    public static Error FileEmpty(string file) => Error.Invalid("upload_file_empty", $"{file} is empty. Choose another file.", file);

    public static Error NotReceiving(DatasetIntake intake) => Error.Conflict(
        "upload_not_receiving", $"The upload is {intake.Status} and takes no more bytes. Begin a new one.");

    public static Error NoSuchFile(Split split) => Error.NotFound("upload_file_unknown", $"The upload announced no file for {split.ToWire()}.", split.ToWire());

    /// <param name="received">Where the next piece has to begin.</param>
    public static Error WrongOffset(Split split, long received) => Error.Conflict(
        OffsetCode, $"{split.ToWire()}: the next piece has to begin at byte {received}. Ask how far the upload is and go on from there.", split.ToWire());

    public static Error Busy(Split split) => Error.Conflict("upload_busy", $"{split.ToWire()} is being sent by another window at this moment. Go on there, or close it.", split.ToWire());

    public static Error Incomplete(Split split, long received, long expected) => Error.Conflict(
        "upload_incomplete", $"{split.ToWire()}: {received:N0} of {expected:N0} bytes have arrived. Send the rest.", split.ToWire());

    public static Error NotMappable(DatasetIntake intake) => Error.Conflict("upload_not_mappable", $"The upload is {intake.Status}; its columns are chosen when all files have arrived.");

    public static Error NotCancellable(DatasetIntake intake) => Error.Conflict("upload_not_cancellable", $"The upload is {intake.Status} and cannot be cancelled any more.");

    public static Error ColumnUnchosen(string field) => Error.Invalid("column_unchosen", $"Choose the column that holds the {field}.", field);

    public static Error ColumnTwice(string column) => Error.Invalid("column_twice", $"The column '{column}' is chosen twice; each column can be one field.", "columns");
}

using Platform.Domain.Results;

namespace Platform.Portal.Uploads;

internal static class UploadErrors
{
    public static Error NotMultipart() => Error.Invalid(
        "upload_not_multipart", "The upload is not a form with files (multipart/form-data). Use the upload page, or send the fields train, validation and test.");

    public static Error Malformed() => Error.Invalid("upload_malformed", "The upload broke off or is malformed; nothing was stored. Send it again.");

    public static Error TokenMissing() => Error.Invalid("upload_token_invalid", "The upload form is too old or did not come from this portal; nothing was stored. Load the upload page again and repeat.");

    public static Error PieceTooLarge(int limit) => Error.TooLarge("upload_piece_too_large", $"One piece of an upload may have {limit:N0} bytes. Send smaller ones.");

    public static Error Interrupted() => Error.Conflict("upload_interrupted", "The piece broke off on its way. Ask how far the upload is and go on from there.");

    public static Error UnknownField(string field) => Error.Invalid(
        "upload_field_unknown", $"There is no split '{field}'. The files' fields are train, validation and test.", field);
}

using System.Globalization;
using Platform.Domain.Results;

namespace Platform.Api.Predictions;

internal static class PredictErrors
{
    private const string Example = "{\"inputs\":[{\"text\":\"...\"}]}";

    public static Error TaskNotInScope(string task, string keyName) => Error.Forbidden(
        "task_not_in_scope", $"The key '{keyName}' may not call the task '{task}'. Use a key that names it, or issue one in the portal.");

    public static Error TaskUnknown(string task) => Error.NotFound(
        "task_unknown", $"There is no task '{task}' that this key may call. GET /v1/models lists those that it may.", "task");

    public static Error BodyTooLarge(long limit) => Error.TooLarge(
        "body_too_large", string.Create(CultureInfo.InvariantCulture, $"The body is longer than the limit of {limit} bytes. Split the inputs over several requests."), "body");

    public static Error NotJson(long line, long column, string reason) => Error.Invalid(
        "body_not_json", $"The body is not valid JSON at line {line}, byte {column}: {reason} Send an object such as {Example}.", "body");

    public static Error NotUtf8() => Error.Invalid("body_not_utf8", "The body is not valid UTF-8. Encode the JSON as UTF-8.", "body");

    public static Error WrongType(string field, string wanted, string found) => Error.Invalid(
        "field_type_wrong", $"'{field}' must be {wanted}, but is {found}.", field);

    public static Error FieldUnknown(string field, IEnumerable<string> known) => Error.Invalid(
        "field_unknown", $"There is no field '{field}'; the fields here are {string.Join(", ", known)}.", field);

    public static Error InputsMissing() => Error.Invalid("inputs_missing", $"'inputs' is missing or empty; send at least one, such as {Example}.", "inputs");

    public static Error TooManyInputs(int count, int limit) => Error.Invalid(
        "inputs_too_many", $"The request has {count} inputs; the limit is {limit}. Split them over several requests.", "inputs");

    public static Error TextMissing(string field) => Error.Invalid("text_missing", $"'{field}' is missing or blank; give the text to answer.", field);

    public static Error Text2Missing(string field, string task, string kind) => Error.Invalid(
        "text2_missing", $"'{field}' is missing or blank; the task '{task}' is of the kind {kind} and compares two texts.", field);

    public static Error TextTooLong(string field, int length, int limit) => Error.Invalid(
        "text_too_long", $"'{field}' has {length} characters; the limit is {limit}. Shorten it; nothing is ever cut off silently.", field);

    public static Error IdTooLong(string field, int length, int limit) => Error.Invalid(
        "id_too_long", $"'{field}' has {length} characters; the limit is {limit}.", field);

    public static Error TopKOutOfRange(string value, int limit) => Error.Invalid(
        "top_k_out_of_range", $"'top_k' is {value}; it must be a whole number from 0 to {limit}.", "top_k");
}

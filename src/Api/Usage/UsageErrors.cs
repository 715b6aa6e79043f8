using Platform.Domain.Results;

namespace Platform.Api.Usage;

internal static class UsageErrors
{
    public static Error NotRecorded() => new(
        "usage_not_recorded", 503, "The answer was computed, but its usage could not be recorded, so it is held back and nothing is billed. Try again shortly; if it stays, report the traceId.");

    public static Error TimeInvalid(string field, string value) => Error.Invalid(
        "usage_time_invalid", $"'{field}' is '{value}', which is not a date or time; write it as 2026-03-01 or 2026-03-01T12:00:00Z.", field);

    public static Error RangeEmpty(DateTimeOffset from, DateTimeOffset to) => Error.Invalid(
        "usage_range_empty", $"'from' ({from:u}) must lie before 'to' ({to:u}), which is exclusive.", "from");

    public static Error ChoiceInvalid(string field, string value, IEnumerable<string> choices) => Error.Invalid(
        "usage_choice_invalid", $"'{field}' is '{value}'; it must be one of {string.Join(", ", choices)}.", field);
}

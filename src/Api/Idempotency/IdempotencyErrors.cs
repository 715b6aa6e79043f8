using Platform.Domain.Results;

namespace Platform.Api.Idempotency;

internal static class IdempotencyErrors
{
    public static Error KeyInvalid() => Error.Invalid(
        "idempotency_key_invalid", $"The header {IdempotentCalls.Header} must be one value of 1 to 255 visible ASCII characters; a new UUID for each request is a good one.", IdempotentCalls.Header);

    public static Error Different(string name) => new(
        "idempotency_key_reused", 422, $"The {IdempotentCalls.Header} '{name}' was used for another request within the last day: route and body must be the same, byte for byte. Use a new one for a new request.", IdempotentCalls.Header);

    public static Error StillRunning() => new(
        "idempotency_in_progress", 409, "The request of this name is still being computed. Try again shortly; its answer is kept for a day.", IdempotentCalls.Header) { RetryAfterSeconds = 5 };

    public static Error TooLarge(string requestId) => new(
        "idempotency_answer_too_large", 409, $"This request was answered and billed as {requestId}, but its answer was too large to keep. Send it under a new name to compute and pay it again, or with fewer inputs.", IdempotentCalls.Header);
}

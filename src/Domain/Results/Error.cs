namespace Platform.Domain.Results;

/// <summary>An expected failure. Bugs are exceptions; everything a user can cause or mend is an <see cref="Error"/>.</summary>
/// <param name="Code">Stable, snake_case, safe to switch on.</param>
/// <param name="Status">The HTTP status that a host answers with.</param>
/// <param name="Message">A sentence that says what is wrong and how to mend it.</param>
/// <param name="Field">The input field at fault, where there is one.</param>
public sealed record Error(string Code, int Status, string Message, string? Field = null)
{
    /// <summary>When it makes sense to try again; null where time does not mend it.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static Error Invalid(string code, string message, string? field = null) => new(code, 400, message, field);

    public static Error Unauthorized(string code, string message) => new(code, 401, message);

    public static Error Forbidden(string code, string message) => new(code, 403, message);

    public static Error NotFound(string code, string message, string? field = null) => new(code, 404, message, field);

    public static Error Conflict(string code, string message, string? field = null) => new(code, 409, message, field);

    public static Error TooLarge(string code, string message, string? field = null) => new(code, 413, message, field);

    public static Error Storage(string code, string message) => new(code, 507, message);
}

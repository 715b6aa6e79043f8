using Platform.Domain.Results;

namespace Platform.Domain.Keys;

public static class KeyErrors
{
    public static Error Missing() => Error.Unauthorized("key_missing", "The request has no API key. Send the header 'Authorization: Bearer sk-...'.");

    public static Error Malformed() => Error.Unauthorized("key_malformed", "The API key is malformed: it starts with 'sk-' and has 46 characters. Copy it again, without spaces.");

    public static Error UnknownSecret() => Error.Unauthorized("key_unknown", "There is no such API key. Ask your team for one, or issue a new one in the portal.");

    public static Error Expired(ApiKey key) => Error.Unauthorized("key_expired", $"The API key {key.Prefix}... expired at {key.ExpiresAt:u}. Issue a new one in the portal.");

    public static Error Revoked(ApiKey key) => Error.Unauthorized("key_revoked", $"The API key {key.Prefix}... was revoked at {key.RevokedAt:u}. Issue a new one in the portal.");

    public static Error Replaced(ApiKey key) => Error.Unauthorized(
        "key_replaced", $"The secret {key.OldPrefix}... was replaced at {key.RotatedAt:u} and stopped working at {key.OldSecretUntil:u}. Use the key's new secret, which starts with {key.Prefix}.");

    public static Error AllTasksAdminOnly() => Error.Forbidden("key_all_tasks_admin_only", "Only an admin may hand out a key for all tasks; choose the tasks that the application calls.");

    public static Error ReachesFurther(ApiKey key) => Error.Forbidden(
        "key_reaches_further", $"The key '{key.Name}' may call tasks of teams that you are not in: its new secret would let you call them, too. Ask an admin to rotate it.");

    public static Error NotRotatable(ApiKey key, string state) => Error.Conflict("key_not_rotatable", $"The key '{key.Name}' is {state}: a new secret would not work either. Issue a new key.", "key");

    public static Error GraceInvalid(TimeSpan grace) => Error.Invalid(
        "key_grace_invalid", $"The old secret would go on working for {grace.TotalHours:0.##} hours; choose 0 to {KeyRotation.LongestGrace.TotalHours:0} hours.", "grace");

    public static Error Unknown(object key) => Error.NotFound("key_unknown", $"There is no API key {key} that you may see.", "key");
}

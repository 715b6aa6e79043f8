using Platform.Domain.Results;

namespace Platform.Domain.Keys;

public static class KeyErrors
{
    public static Error Missing() => Error.Unauthorized("key_missing", "The request has no API key. Send the header 'Authorization: Bearer sk-...'.");

    public static Error Malformed() => Error.Unauthorized("key_malformed", "The API key is malformed: it starts with 'sk-' and has 46 characters. Copy it again, without spaces.");

    public static Error UnknownSecret() => Error.Unauthorized("key_unknown", "There is no such API key. Ask your team for one, or issue a new one in the portal.");

    public static Error Expired(ApiKey key) => Error.Unauthorized("key_expired", $"The API key {key.Prefix}... expired at {key.ExpiresAt:u}. Issue a new one in the portal.");

    public static Error Revoked(ApiKey key) => Error.Unauthorized("key_revoked", $"The API key {key.Prefix}... was revoked at {key.RevokedAt:u}. Issue a new one in the portal.");

    public static Error Unknown(object key) => Error.NotFound("key_unknown", $"There is no API key {key} that you may see.", "key");
}

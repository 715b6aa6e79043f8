using Platform.Domain.Results;

namespace Platform.Api.Limits;

internal static class LimitErrors
{
    public static Error Requests(string key, int perMinute, TimeSpan wait) => new(
        "rate_limit_exceeded", 429, $"The key '{key}' may make {perMinute} requests a minute, and they are used up. Try again in {Seconds(wait)} s, put several inputs into one request, or have the key's limit raised.")
    {
        RetryAfterSeconds = Seconds(wait),
    };

    public static Error Tokens(string key, int perMinute, long wanted, TimeSpan wait) => new(
        "token_limit_exceeded", 429, $"The key '{key}' may use {perMinute} tokens a minute, and what is left is less than the {wanted} of this request. Try again in {Seconds(wait)} s, or have the key's limit raised.")
    {
        RetryAfterSeconds = Seconds(wait),
    };

    public static Error AuthenticationFailures(TimeSpan wait) => new(
        "too_many_failures", 429, $"Too many requests with a missing or wrong key came from this address. Mend the key, and try again in {Seconds(wait)} s.")
    {
        RetryAfterSeconds = Seconds(wait),
    };

    private static int Seconds(TimeSpan wait) => (int)Math.Max(1, Math.Ceiling(wait.TotalSeconds));
}

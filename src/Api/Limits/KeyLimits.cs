using System.Collections.Concurrent;
using Platform.Domain.Keys;
using Platform.Domain.Results;

namespace Platform.Api.Limits;

/// <summary>
/// What each key may use in a minute, as it was issued. Counted in this process: behind several replicas a key has as much of each.
/// </summary>
internal sealed class KeyLimits(TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, Allowance> requests = [];
    private readonly ConcurrentDictionary<Guid, Allowance> tokens = [];

    /// <summary>Null when the key has no such limit.</summary>
    public Allowance? RequestsOf(VerifiedKey key) => Of(requests, key.KeyId, key.RequestsPerMinute);

    /// <summary>Null when the key has no such limit.</summary>
    public Allowance? TokensOf(VerifiedKey key) => Of(tokens, key.KeyId, key.TokensPerMinute);

    /// <returns>Null when the request may go on.</returns>
    public Error? TakeRequest(VerifiedKey key) =>
        RequestsOf(key) is { } allowance && !allowance.TryTake(1, out var wait) ? LimitErrors.Requests(key.Name, allowance.PerMinute, wait) : null;

    /// <summary>Takes a prompt's tokens before anything is computed.</summary>
    /// <returns>Null when the request may go on.</returns>
    public Error? TakeTokens(VerifiedKey key, long prompt) =>
        TokensOf(key) is { } allowance && !allowance.TryTake(prompt, out var wait) ? LimitErrors.Tokens(key.Name, allowance.PerMinute, prompt, wait) : null;

    /// <summary>What came on top of the prompt, or, negative, a prompt that was not computed.</summary>
    public void SpendTokens(VerifiedKey key, long count) => TokensOf(key)?.Spend(count);

    private Allowance? Of(ConcurrentDictionary<Guid, Allowance> allowances, Guid keyId, int? perMinute)
    {
        if (perMinute is not { } limit)
            return null;
        return allowances.AddOrUpdate(keyId, _ => new Allowance(limit, clock), (_, known) => known.PerMinute == limit ? known : new Allowance(limit, clock));
    }
}

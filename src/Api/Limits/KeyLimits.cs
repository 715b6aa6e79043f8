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

    /// <param name="key">Whose.</param>
    /// <param name="behind">Of a batch: it leaves half of the minute to requests that somebody waits for.</param>
    /// <returns>Null when the request may go on.</returns>
    public Error? TakeRequest(VerifiedKey key, bool behind = false) =>
        RequestsOf(key) is { } allowance && !allowance.TryTake(1, Left(allowance, behind), out var wait) ? LimitErrors.Requests(key.Name, allowance.PerMinute, wait) : null;

    /// <summary>Takes a prompt's tokens before anything is computed.</summary>
    /// <returns>Null when the request may go on.</returns>
    public Error? TakeTokens(VerifiedKey key, long prompt, bool behind = false) =>
        TokensOf(key) is { } allowance && !allowance.TryTake(prompt, Left(allowance, behind), out var wait) ? LimitErrors.Tokens(key.Name, allowance.PerMinute, prompt, wait) : null;

    /// <summary>What came on top of the prompt, or, negative, a prompt that was not computed.</summary>
    public void SpendTokens(VerifiedKey key, long count) => TokensOf(key)?.Spend(count);

    /// <summary>A request that was taken, but not computed.</summary>
    public void GiveBackRequest(VerifiedKey key) => RequestsOf(key)?.Spend(-1);

    private static long Left(Allowance allowance, bool behind) => behind ? allowance.PerMinute / 2 : 0;

    private Allowance? Of(ConcurrentDictionary<Guid, Allowance> allowances, Guid keyId, int? perMinute)
    {
        if (perMinute is not { } limit)
            return null;
        return allowances.AddOrUpdate(keyId, _ => new Allowance(limit, clock), (_, known) => known.PerMinute == limit ? known : new Allowance(limit, clock));
    }
}

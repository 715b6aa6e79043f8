using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Keys;
using Platform.Domain.Results;

namespace Platform.Api.Keys;

/// <summary>
/// Believes a key that the database has just confirmed, so that a busy application costs one look-up a second instead of one a
/// request. Refusals are never remembered: a key that was just issued works at once.
/// </summary>
internal sealed class KeyVerification(ApiKeys keys, KeyUse use, IOptions<ApiOptions> options, TimeProvider clock)
{
    // By the header's hash: secrets do not stay in memory. It holds valid keys only, so there is a bound to its size.
    private readonly ConcurrentDictionary<string, Confirmed> confirmed = new(StringComparer.Ordinal);

    public async Task<Result<VerifiedKey>> VerifyAsync(string? authorization, CancellationToken cancellationToken)
    {
        var id = IdOf(authorization);
        if (confirmed.TryGetValue(id, out var known) && clock.GetElapsedTime(known.Timestamp) < options.Value.KeyCacheTime)
            return known.Key;

        var timestamp = clock.GetTimestamp();
        var result = await keys.VerifyHeaderAsync(authorization, cancellationToken);
        if (result.IsFailure)
        {
            confirmed.TryRemove(id, out _);
            return result;
        }

        confirmed[id] = new Confirmed(result.Value, timestamp);
        use.Note(result.Value);
        return result;
    }

    /// <summary>The key was valid when it was last looked at, however long ago.</summary>
    public bool HasConfirmed(string? authorization) => confirmed.ContainsKey(IdOf(authorization));

    private static string IdOf(string? authorization) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(authorization ?? "")));

    private sealed record Confirmed(VerifiedKey Key, long Timestamp);
}

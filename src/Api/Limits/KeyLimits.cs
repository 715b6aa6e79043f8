using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.Options;
using Platform.Domain.Keys;
using Platform.Domain.Results;
using Platform.Domain.Setup;

namespace Platform.Api.Limits;

/// <summary>
/// What each key may use in a minute, as it was issued. On PostgreSQL all replicas count together; on SQLite, where there is one, this process does.
/// </summary>
internal sealed partial class KeyLimits(KeyAllowances together, IOptions<DatabaseOptions> database, TimeProvider clock, ILogger<KeyLimits> logger)
{
    private readonly ConcurrentDictionary<Guid, Allowance> requests = [];
    private readonly ConcurrentDictionary<Guid, Allowance> tokens = [];
    private readonly bool isShared = database.Value.Provider == DatabaseOptions.Postgres;

    /// <summary>As this process last knew it. Null when the key has no such limit.</summary>
    public Allowance? RequestsOf(VerifiedKey key) => Of(requests, key.KeyId, key.RequestsPerMinute);

    /// <summary>As this process last knew it. Null when the key has no such limit.</summary>
    public Allowance? TokensOf(VerifiedKey key) => Of(tokens, key.KeyId, key.TokensPerMinute);

    /// <param name="key">Whose.</param>
    /// <param name="behind">Of a batch: it leaves half of the minute to requests that somebody waits for.</param>
    /// <param name="cancellationToken">The caller is gone.</param>
    /// <returns>Null when the request may go on.</returns>
    public async ValueTask<Error?> TakeRequestAsync(VerifiedKey key, bool behind, CancellationToken cancellationToken) =>
        RequestsOf(key) is { } allowance && await TakeAsync(key, KeyUnit.Request, allowance, 1, behind, cancellationToken) is { } wait
            ? LimitErrors.Requests(key.Name, allowance.PerMinute, wait)
            : null;

    /// <summary>Takes a prompt's tokens before anything is computed.</summary>
    /// <inheritdoc cref="TakeRequestAsync"/>
    public async ValueTask<Error?> TakeTokensAsync(VerifiedKey key, long prompt, bool behind, CancellationToken cancellationToken) =>
        TokensOf(key) is { } allowance && await TakeAsync(key, KeyUnit.Token, allowance, prompt, behind, cancellationToken) is { } wait
            ? LimitErrors.Tokens(key.Name, allowance.PerMinute, prompt, wait)
            : null;

    /// <summary>What came on top of the prompt, or, negative, a prompt that was not computed.</summary>
    public ValueTask SpendTokensAsync(VerifiedKey key, long count) => SpendAsync(key, KeyUnit.Token, TokensOf(key), count);

    /// <summary>A request that was taken, but not computed.</summary>
    public ValueTask GiveBackRequestAsync(VerifiedKey key) => SpendAsync(key, KeyUnit.Request, RequestsOf(key), -1);

    /// <returns>When it is worth trying again; null when the units were taken.</returns>
    private async ValueTask<TimeSpan?> TakeAsync(VerifiedKey key, KeyUnit unit, Allowance allowance, long units, bool behind, CancellationToken cancellationToken)
    {
        var leave = behind ? allowance.PerMinute / 2 : 0;
        if (!isShared)
            return allowance.TryTake(units, leave, out var wait) ? null : wait;
        var (price, kept) = (allowance.NanosecondsOf(units), allowance.NanosecondsOf(leave));
        var take = await together.TakeAsync(key.KeyId, unit, price, kept, cancellationToken);
        allowance.Set(take.LeftNanoseconds);
        return take.IsTaken ? null : TimeSpan.FromMicroseconds((Math.Min(price + kept, KeyAllowance.FullNanoseconds) - take.LeftNanoseconds) / 1000.0);
    }

    private async ValueTask SpendAsync(VerifiedKey key, KeyUnit unit, Allowance? allowance, long units)
    {
        if (allowance is null)
            return;
        if (!isShared)
        {
            allowance.Spend(units);
            return;
        }

        try
        {
            allowance.Set((await together.SpendAsync(key.KeyId, unit, allowance.NanosecondsOf(units), CancellationToken.None)).LeftNanoseconds);
        }
        catch (Exception exception) when (exception is DbException or TimeoutException)
        {
            // The request was answered and billed: a count of the last minute is no reason to take its answer back.
            LogNotCounted(exception);
        }
    }

    [LoggerMessage(EventId = 1791, Level = LogLevel.Warning, Message = "What a request used of its key's minute could not be counted")]
    private partial void LogNotCounted(Exception exception);

    private Allowance? Of(ConcurrentDictionary<Guid, Allowance> allowances, Guid keyId, int? perMinute)
    {
        if (perMinute is not { } limit)
            return null;
        return allowances.AddOrUpdate(keyId, _ => new Allowance(limit, clock), (_, known) => known.PerMinute == limit ? known : new Allowance(limit, clock));
    }
}

using Platform.Domain.Claims;

namespace Platform.Jobs.Claims;

/// <summary>A claim whose heartbeat beats until it is disposed; then it is let go, so that another process may go on at once.</summary>
public sealed partial class HeldClaim<T> : IAsyncDisposable
    where T : class, IClaimable<T>
{
    // A third of the time after which the holder counts as dead, so that two beats may fail.
    private static readonly TimeSpan Beat = WorkClaims.StaleAfter / 6;

    private readonly WorkClaims claims;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource ended = new();
    private readonly Task beating;

    internal HeldClaim(Claim claim, WorkClaims claims, TimeProvider clock, ILogger logger)
    {
        Claim = claim;
        this.claims = claims;
        this.clock = clock;
        this.logger = logger;
        beating = BeatAsync();
    }

    public Claim Claim { get; }

    /// <summary>Fires when somebody else took over: stop, and write nothing.</summary>
    public CancellationToken Lost => lost.Token;

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await beating;
        await claims.ReleaseAsync<T>(Claim, CancellationToken.None);
        ended.Dispose();
        lost.Dispose();
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(Beat, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ended.Token))
                if (!await TryBeatAsync())
                    return;
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    /// <returns>False when the claim is lost.</returns>
    private async Task<bool> TryBeatAsync()
    {
        try
        {
            if (await claims.HeartbeatAsync<T>(Claim, ended.Token))
                return true;
            LogLost(Claim.EntityId);
            await lost.CancelAsync();
            return false;
        }
        catch (System.Data.Common.DbException exception)
        {
            // The database may be back at the next beat; if not, the fence keeps this process from writing.
            LogBeatFailed(exception, Claim.EntityId);
            return true;
        }
    }
}

/// <summary>Claims rows in the name of this process.</summary>
public sealed class ClaimTaking(WorkClaims claims, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly string owner = WorkClaims.NewOwner("jobs");

    /// <returns>Null when somebody alive works on the row, or nothing is left to do.</returns>
    public async Task<HeldClaim<T>?> TryHoldAsync<T>(Guid id, CancellationToken cancellationToken)
        where T : class, IClaimable<T> =>
        await claims.TryClaimAsync<T>(id, owner, cancellationToken) is { } claim
            ? new HeldClaim<T>(claim, claims, clock, loggers.CreateLogger<HeldClaim<T>>())
            : null;
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Budgets;
using Platform.Domain.Rates;
using Platform.Domain.Results;

namespace Platform.Api.Budgets;

/// <summary>
/// Lets a request in when every hard budget that concerns it has room for the most that it can cost, and holds that much until its real
/// cost is on record. Exact for any number of callers and processes: see <see cref="BudgetLeases"/>.
/// </summary>
internal sealed partial class BudgetGate(
    BudgetBook book, BudgetLeases leases, RateBook rates, ServerName server, IOptions<ApiOptions> options, TimeProvider clock, ILogger<BudgetGate> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>How long a request waits for the reservations of others to end before it is refused.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Other processes give back what they do not use; nobody tells us.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(50);

    private readonly BudgetPools pools = new(clock);
    private readonly ConcurrentDictionary<(Guid, long?), bool> warned = [];
    private readonly ConcurrentDictionary<Guid, (long Timestamp, long NeedNano, Error Error)> refused = [];

    // One question to the database at a time: the next one often finds that the answer to the first is enough for it, too.
    private readonly SemaphoreSlim turn = new(1);
    private readonly SemaphoreSlim look = new(1);
    private volatile Snapshot? snapshot;
    private long renewedAt = clock.GetTimestamp();

    /// <param name="deviceMicroseconds">The most device time that the request is expected to take.</param>
    /// <returns>What to settle later, or the budget that stands against the request.</returns>
    public async Task<Result<BudgetHold>> ReserveAsync(Guid taskId, Guid teamId, Guid keyId, long deviceMicroseconds, CancellationToken cancellationToken)
    {
        var now = await SnapshotAsync(cancellationToken);
        List<BudgetState> mine = [.. now.Budgets.Where(state => state.Budget.Concerns(taskId, teamId, keyId) && state.Budget.Currency == now.Rate.Currency)];
        List<string> warnings = [.. mine.Where(state => state.Budget.Kind == BudgetKind.Soft && state.IsSpent).Select(Warning)];
        mine.RemoveAll(state => state.Budget.Kind == BudgetKind.Soft);
        if (mine.Count == 0)
            return new BudgetHold(null, warnings, Release);

        // Always in the same order, so that two requests never wait for each other.
        var bound = Math.Max(1, Money.OfDeviceTime(deviceMicroseconds, now.Rate).Nano);
        List<ReservedPart> parts = [];
        foreach (var state in mine.OrderBy(state => state.Budget.Id))
        {
            var taken = await TakeAsync(state, bound, cancellationToken);
            if (taken.IsFailure)
            {
                parts.ForEach(part => pools.End(part, bound, 0));
                return Result.Failure<BudgetHold>(taken.Errors);
            }

            if (taken.Value is { } part)
                parts.Add(part);
        }

        return new BudgetHold(parts.Count == 0 ? null : new BudgetCharge(server.Value, bound, now.Rate.Currency, parts), warnings, Release);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await GiveBackAsync(TimeSpan.Zero, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whoever needs them takes the leases of a process that is gone.
            LogLeasesFailed(exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (pools.IsEmpty)
                continue;
            try
            {
                await RenewAsync(stoppingToken);
                await GiveBackAsync(Beat, stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogLeasesFailed(exception);
            }
        }
    }

    /// <returns>Null when the budget was ended meanwhile.</returns>
    private async Task<Result<ReservedPart?>> TakeAsync(BudgetState state, long bound, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        if (refused.TryGetValue(state.Budget.Id, out var known) && known.NeedNano <= bound && clock.GetElapsedTime(known.Timestamp) < options.Value.KeyCacheTime)
            return known.Error;
        while (true)
        {
            var changed = pools.Changed;
            if (await TryTakeAsync(state, bound, cancellationToken) is not { } answer)
                return Result.Success<ReservedPart?>(null);
            if (answer.Part is { } part)
                return Result.Success<ReservedPart?>(part);
            var spent = new Money(answer.Grant!.SpentNano, state.Budget.Currency);
            var limit = spent with { Nano = answer.Grant.LimitNano };
            if (spent.Nano + bound > limit.Nano)
                return Refuse(state, spent, limit, bound);
            if (clock.GetElapsedTime(started) > Patience)
                return BudgetErrors.Reserved(state.Name, spent, spent with { Nano = answer.Grant.ReservedNano }, limit);
            await Task.WhenAny(changed, Task.Delay(AskAgain, clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <returns>The part that was taken from, or what the database said; null when the budget was ended.</returns>
    private async Task<(ReservedPart? Part, LeaseGrant? Grant)?> TryTakeAsync(BudgetState state, long bound, CancellationToken cancellationToken)
    {
        if (TryTake(state, bound, out _) is { } quick)
            return (quick, null);
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetElapsedTime(Volatile.Read(ref renewedAt)) > BudgetLeases.StaleAfter / 2)
                await RenewAsync(cancellationToken);
            if (TryTake(state, bound, out var missing) is { } part)
                return (part, null);
            if (await leases.ExtendAsync(server.Value, state.Budget.Id, missing, cancellationToken) is not { } grant)
                return null;
            if (grant.GrantedNano > 0)
                pools.Add(new ReservedPart(state.Budget.Id, grant.PeriodStart), grant.GrantedNano);
            return (TryTake(state, bound, out _), grant);
        }
        finally
        {
            turn.Release();
        }
    }

    private ReservedPart? TryTake(BudgetState state, long bound, out long missing)
    {
        missing = bound;
        if (state.Budget.PeriodStart(clock.GetUtcNow()) is not { } period)
            return null;

        // A process that could not renew its leases for long may have lost them.
        if (clock.GetElapsedTime(Volatile.Read(ref renewedAt)) > BudgetLeases.StaleAfter / 2)
            return null;
        var part = new ReservedPart(state.Budget.Id, period);
        return pools.TryTake(part, bound, out missing) ? part : null;
    }

    private Error Refuse(BudgetState state, Money spent, Money limit, long bound)
    {
        var error = BudgetErrors.Exceeded(state.Name, spent, limit, spent with { Nano = bound }, state.ResetsAt);
        refused[state.Budget.Id] = (clock.GetTimestamp(), bound, error);
        if (warned.TryAdd((state.Budget.Id, state.Budget.PeriodStart(clock.GetUtcNow())), true))
            LogHardSpent(state.Name, spent.ToString(), limit.ToString());
        return error;
    }

    private string Warning(BudgetState state)
    {
        if (warned.TryAdd((state.Budget.Id, state.Budget.PeriodStart(clock.GetUtcNow())), true))
            LogSoftSpent(state.Name, state.Spent.ToString(), state.Budget.Limit.ToString());
        return $"The soft budget of {state.Name} is spent: {state.Spent} of {state.Budget.Limit}";
    }

    private void Release(BudgetCharge charge, Money? cost)
    {
        foreach (var part in charge.Parts)
            pools.End(part, charge.BoundNano, cost is { } spent && spent.Currency == charge.Currency ? spent.Nano : 0);
    }

    /// <summary>Budgets are believed for as long as keys are.</summary>
    private async Task<Snapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        if (snapshot is { } known && clock.GetElapsedTime(known.Timestamp) < options.Value.KeyCacheTime)
            return known;
        await look.WaitAsync(cancellationToken);
        try
        {
            if (snapshot is { } other && clock.GetElapsedTime(other.Timestamp) < options.Value.KeyCacheTime)
                return other;
            var timestamp = clock.GetTimestamp();
            var budgets = await book.ListAsync(Domain.Users.Actor.System("api"), cancellationToken);
            return snapshot = new Snapshot(budgets, await rates.InForceAsync(clock.GetUtcNow(), cancellationToken), timestamp);
        }
        finally
        {
            look.Release();
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var timestamp = clock.GetTimestamp();
        pools.Reconcile(await leases.RenewAsync(server.Value, cancellationToken));
        Volatile.Write(ref renewedAt, timestamp);
    }

    private async Task GiveBackAsync(TimeSpan unusedFor, CancellationToken cancellationToken)
    {
        var budgets = snapshot?.Budgets ?? [];
        var surplus = pools.TakeSurplus(unusedFor, part => budgets.Any(state => state.Budget.Id == part.BudgetId && state.Share >= 1));
        if (surplus.Count == 0)
            return;
        try
        {
            await leases.ReturnAsync(server.Value, surplus, cancellationToken);
        }
        catch
        {
            surplus.ForEach(entry => pools.Add(entry.Part, entry.Nano));
            throw;
        }
    }

    public override void Dispose()
    {
        turn.Dispose();
        look.Dispose();
        base.Dispose();
    }

    private sealed record Snapshot(IReadOnlyList<BudgetState> Budgets, Rate Rate, long Timestamp);
}

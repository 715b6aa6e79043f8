using Platform.Domain.Budgets;

namespace Platform.Api.Budgets;

/// <summary>
/// The parts of hard budgets that this process holds, and how much of each is promised to requests on their way. Plain arithmetic under
/// a lock; the database is asked by <see cref="BudgetGate"/>.
/// </summary>
internal sealed class BudgetPools(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<ReservedPart, Pool> pools = [];
    private TaskCompletionSource changed = New();

    /// <summary>Completes when something was given back or settled: whoever waits may try again.</summary>
    public Task Changed
    {
        get
        {
            lock (gate)
                return changed.Task;
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (gate)
                return pools.Count == 0;
        }
    }

    /// <summary>Promises an amount from what is held.</summary>
    /// <param name="missing">How much more would have to be held.</param>
    public bool TryTake(ReservedPart part, long nano, out long missing)
    {
        lock (gate)
        {
            var pool = pools.GetValueOrDefault(part) ?? new Pool();
            missing = nano - (pool.Held - pool.InFlight);
            if (missing > 0)
                return false;
            pool.InFlight += nano;
            pool.UsedAt = clock.GetTimestamp();
            return true;
        }
    }

    /// <summary>Something was granted.</summary>
    public void Add(ReservedPart part, long nano)
    {
        lock (gate)
        {
            if (!pools.TryGetValue(part, out var pool))
                pools[part] = pool = new Pool();
            pool.Held += nano;
            pool.UsedAt = clock.GetTimestamp();
        }
    }

    /// <summary>A promise ends; what was spent of it is held no longer.</summary>
    public void End(ReservedPart part, long promised, long spent)
    {
        lock (gate)
        {
            if (pools.TryGetValue(part, out var pool))
            {
                pool.InFlight -= promised;
                pool.Held = Math.Max(0, pool.Held - spent);
            }

            Pulse();
        }
    }

    /// <summary>Takes out what nobody uses, to be given back.</summary>
    /// <param name="unusedFor">Only of pools that nobody took from for this long.</param>
    public List<(ReservedPart Part, long Nano)> TakeSurplus(TimeSpan unusedFor, Func<ReservedPart, bool> orIf)
    {
        lock (gate)
        {
            List<(ReservedPart, long)> surplus = [];
            foreach (var (part, pool) in pools.Where(entry => clock.GetElapsedTime(entry.Value.UsedAt) >= unusedFor || orIf(entry.Key)).ToList())
            {
                if (pool.Held > pool.InFlight)
                    surplus.Add((part, pool.Held - pool.InFlight));
                pool.Held = Math.Min(pool.Held, pool.InFlight);
                if (pool is { Held: 0, InFlight: 0 })
                    pools.Remove(part);
            }

            return surplus;
        }
    }

    /// <summary>Others may have taken our leases, when they thought us dead: what is not in the database is not held.</summary>
    public void Reconcile(IReadOnlyList<BudgetLease> leases)
    {
        var held = leases.ToDictionary(lease => new ReservedPart(lease.BudgetId, lease.PeriodStart), lease => lease.AmountNano);
        lock (gate)
        {
            foreach (var (part, pool) in pools)
                if (!held.TryGetValue(part, out var nano))
                    pool.Held = 0;
                else if (pool.InFlight == 0)
                    pool.Held = Math.Min(pool.Held, nano);
        }
    }

    private void Pulse()
    {
        changed.TrySetResult();
        changed = New();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Pool
    {
        public long Held { get; set; }

        public long InFlight { get; set; }

        public long UsedAt { get; set; }
    }
}

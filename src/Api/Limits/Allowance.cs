using Platform.Domain.Keys;

namespace Platform.Api.Limits;

/// <summary>So much a minute, refilled steadily; after a pause a whole minute's worth at once. In integers, on a monotonic clock.</summary>
internal sealed class Allowance(int perMinute, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly long ticksPerMinute = clock.TimestampFrequency * 60;

    // In timestamp ticks: a full minute is everything. May fall below zero, when something cost more than was known before.
    private long left = clock.TimestampFrequency * 60;
    private long updated = clock.GetTimestamp();

    public int PerMinute => perMinute;

    /// <summary>Whole units that are left.</summary>
    public long Remaining
    {
        get
        {
            lock (gate)
                return Math.Max(0, Refilled() * perMinute / ticksPerMinute);
        }
    }

    /// <summary>Until all of it is there again.</summary>
    public TimeSpan UntilFull
    {
        get
        {
            lock (gate)
                return Time(ticksPerMinute - Refilled());
        }
    }

    /// <summary>Takes units, all or none; more than there ever are, when all are there.</summary>
    /// <param name="units">How many.</param>
    /// <param name="leave">How many have to be left for others.</param>
    /// <param name="wait">When it is worth trying again; zero when they were taken.</param>
    public bool TryTake(long units, long leave, out TimeSpan wait)
    {
        lock (gate)
        {
            var price = Price(units);
            var missing = Math.Min(price + Price(leave), ticksPerMinute) - Refilled();
            wait = missing > 0 ? Time(missing) : TimeSpan.Zero;
            if (missing > 0)
                return false;
            left -= price;
            return true;
        }
    }

    /// <inheritdoc cref="TryTake(long, long, out TimeSpan)"/>
    public bool TryTake(long units, out TimeSpan wait) => TryTake(units, 0, out wait);

    /// <summary>Takes units that were used already, or gives some back when negative.</summary>
    public void Spend(long units)
    {
        lock (gate)
            left = Math.Min(ticksPerMinute, Refilled() - Price(units));
    }

    /// <summary>What units cost of a minute, in nanoseconds.</summary>
    public long NanosecondsOf(long units) => (long)((Int128)units * KeyAllowance.FullNanoseconds / perMinute);

    /// <summary>What is left now, as somebody counted who knows of other replicas.</summary>
    public void Set(long leftNanoseconds)
    {
        lock (gate)
        {
            left = (long)((Int128)leftNanoseconds * ticksPerMinute / KeyAllowance.FullNanoseconds);
            updated = clock.GetTimestamp();
        }
    }

    private long Price(long units) => (long)((Int128)units * ticksPerMinute / perMinute);

    private long Refilled()
    {
        var now = clock.GetTimestamp();
        left = Math.Min(ticksPerMinute, left + (now - updated));
        updated = now;
        return left;
    }

    private TimeSpan Time(long ticks) => TimeSpan.FromSeconds(ticks / (double)clock.TimestampFrequency);
}

namespace Platform.Api.Tests.Serving;

/// <summary>Time that passes only when a test says so.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private long ticks;

    public TimeSpan Now => TimeSpan.FromTicks(ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public override DateTimeOffset GetUtcNow() => Start + Now;

    public void Advance(TimeSpan time) => ticks += time.Ticks;
}

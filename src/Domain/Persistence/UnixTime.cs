namespace Platform.Domain.Persistence;

/// <summary>
/// Timestamps are stored as microseconds since 1970 (UTC) in a 64-bit integer: SQLite has no date type, and this way it orders,
/// compares and groups them exactly as PostgreSQL does.
/// </summary>
public static class UnixTime
{
    public const long MicrosecondsPerDay = 86_400_000_000;

    public static long ToMicroseconds(DateTimeOffset value) =>
        (value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long value) =>
        new(DateTimeOffset.UnixEpoch.Ticks + value * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}

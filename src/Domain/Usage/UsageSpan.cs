namespace Platform.Domain.Usage;

/// <summary>Where the usage of a span of time is read: whole days and hours from roll-ups, ragged ends from the records themselves.</summary>
/// <param name="Hours">0: from the records; else the roll-up's length.</param>
/// <param name="To">Exclusive; like <paramref name="From"/> in microseconds since 1970.</param>
internal readonly record struct UsageSpan(int Hours, long From, long To)
{
    private const long Hour = 3_600_000_000;
    private const long Day = 24 * Hour;

    /// <param name="now">Nothing is recorded after it, so an end beyond it takes the roll-up that is still growing.</param>
    public static IReadOnlyList<UsageSpan> Of(long from, long to, long now)
    {
        if (to > now)
            to = Ceiling(to, Day);
        var (hourFrom, hourTo) = (Ceiling(from, Hour), Floor(to, Hour));
        if (hourFrom >= hourTo)
            return from < to ? [new(0, from, to)] : [];
        var (dayFrom, dayTo) = (Ceiling(hourFrom, Day), Floor(hourTo, Day));
        List<UsageSpan> spans = dayFrom >= dayTo
            ? [new(0, from, hourFrom), new(UsageRollup.Hour, hourFrom, hourTo), new(0, hourTo, to)]
            : [new(0, from, hourFrom), new(UsageRollup.Hour, hourFrom, dayFrom), new(UsageRollup.Day, dayFrom, dayTo), new(UsageRollup.Hour, dayTo, hourTo), new(0, hourTo, to)];
        return [.. spans.Where(span => span.From < span.To)];
    }

    public static long Floor(long microseconds, long unit) => microseconds - Remainder(microseconds, unit);

    private static long Ceiling(long microseconds, long unit) => Remainder(microseconds, unit) is > 0 and var rest ? microseconds + unit - rest : microseconds;

    private static long Remainder(long microseconds, long unit) => (microseconds % unit + unit) % unit;
}

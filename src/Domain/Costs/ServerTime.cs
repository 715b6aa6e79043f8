using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Usage;

namespace Platform.Domain.Costs;

/// <summary>For how long servers were up. A process that serves several deployments at once is one device, whose time counts once.</summary>
internal static class ServerTime
{
    /// <summary>The times at which servers were up between two moments, in microseconds since 1970; those of one server do not overlap.</summary>
    public static IEnumerable<(long From, long To)> Of(IEnumerable<EngineSession> sessions, long from, long to) => sessions
        .GroupBy(session => session.Server ?? session.Id.ToString())
        .SelectMany(server => Union(server.Select(session => Clipped(session, from, to))));

    /// <summary>The times at which at least one of the servers was up.</summary>
    public static IReadOnlyList<(long From, long To)> OfAny(IEnumerable<EngineSession> sessions, long from, long to) =>
        Union(sessions.Select(session => Clipped(session, from, to)));

    /// <summary>What the time costs, piece by piece at the rate in force: rounded once for each day and rate.</summary>
    public static Dictionary<(DateOnly Day, string Currency), long> Priced(IEnumerable<(long From, long To)> times, RateHistory rates)
    {
        var up = new Dictionary<(DateOnly Day, Rate Rate), long>();
        foreach (var (from, to) in times)
            foreach (var span in rates.Between(UnixTime.FromMicroseconds(from), UnixTime.FromMicroseconds(to)))
                foreach (var (day, microseconds) in ByDay(UnixTime.ToMicroseconds(span.From), UnixTime.ToMicroseconds(span.To)))
                    up[(day, span.Rate)] = up.GetValueOrDefault((day, span.Rate)) + microseconds;
        return up.GroupBy(piece => (piece.Key.Day, piece.Key.Rate.Currency))
            .ToDictionary(group => group.Key, group => group.Sum(piece => Money.OfDeviceTime(piece.Value, piece.Key.Rate).Nano));
    }

    public static DateOnly DayOf(long microseconds) => DateOnly.FromDateTime(UnixTime.FromMicroseconds(microseconds).UtcDateTime);

    private static IEnumerable<(DateOnly Day, long Microseconds)> ByDay(long from, long to)
    {
        while (from < to)
        {
            var next = Math.Min(to, UsageSpan.Floor(from, UnixTime.MicrosecondsPerDay) + UnixTime.MicrosecondsPerDay);
            yield return (DayOf(from), next - from);
            from = next;
        }
    }

    private static (long From, long To) Clipped(EngineSession session, long from, long to) =>
        (Math.Max(from, UnixTime.ToMicroseconds(session.StartedAt)), Math.Min(to, UnixTime.ToMicroseconds(session.LastSeenAt)));

    private static List<(long From, long To)> Union(IEnumerable<(long From, long To)> times)
    {
        List<(long From, long To)> union = [];
        foreach (var time in times.Where(time => time.From < time.To).OrderBy(time => time.From))
            if (union.Count > 0 && union[^1].To >= time.From)
                union[^1] = (union[^1].From, Math.Max(union[^1].To, time.To));
            else
                union.Add(time);
        return union;
    }
}

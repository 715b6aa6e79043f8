namespace Platform.Domain.Rates;

/// <summary>A rate and how long it is in force.</summary>
/// <param name="To">Exclusive; <see cref="DateTimeOffset.MaxValue"/> for the newest.</param>
public sealed record RateSpan(Rate Rate, DateTimeOffset From, DateTimeOffset To);

/// <summary>All rates of a moment's rate book. Of a rate and its corrections the last correction counts, from the start on.</summary>
public sealed class RateHistory
{
    public RateHistory(IEnumerable<Rate> rates)
    {
        All = [.. rates.OrderByDescending(rate => rate.StartsAt).ThenByDescending(rate => rate.Revision)];
        Effective = [.. All.DistinctBy(rate => rate.StartsAt)];
    }

    /// <summary>Newest first, with those that were corrected.</summary>
    public IReadOnlyList<Rate> All { get; }

    /// <summary>Newest first, without those that were corrected.</summary>
    public IReadOnlyList<Rate> Effective { get; }

    public Rate InForceAt(DateTimeOffset at) => Effective.FirstOrDefault(rate => rate.StartsAt <= at)
        ?? throw new InvalidOperationException($"No rate is in force at {at:u}: the first one starts later.");

    /// <summary>Until when a rate of this start is in force; exclusive.</summary>
    public DateTimeOffset EndOf(DateTimeOffset startsAt) =>
        Effective.LastOrDefault(rate => rate.StartsAt > startsAt)?.StartsAt ?? DateTimeOffset.MaxValue;

    /// <summary>The rates that are in force between two moments, cut to them, oldest first.</summary>
    public IEnumerable<RateSpan> Between(DateTimeOffset from, DateTimeOffset to) => Effective.Reverse()
        .Select(rate => new RateSpan(rate, Later(rate.StartsAt, from), Earlier(EndOf(rate.StartsAt), to)))
        .Where(span => span.From < span.To);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}

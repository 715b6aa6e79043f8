using System.Globalization;
using Platform.Domain.Usage;

namespace Platform.Portal.Usage;

/// <summary>What an address asks for: days (UTC, both included) and a grouping. What makes no sense falls back to this month by task.</summary>
public sealed record UsagePeriod(DateOnly From, DateOnly To, UsageGrouping Grouping)
{
    private const string DayFormat = "yyyy-MM-dd";

    public string FromText => From.ToString(DayFormat, CultureInfo.InvariantCulture);

    public string ToText => To.ToString(DayFormat, CultureInfo.InvariantCulture);

    public UsageFilter Filter => new(Start(From), Start(To.AddDays(1)));

    public static UsagePeriod Parse(string? from, string? to, string? group, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var last = Day(to) ?? today;
        var first = Day(from) ?? new DateOnly(last.Year, last.Month, 1);
        var grouping = Enum.TryParse<UsageGrouping>(group, ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : UsageGrouping.Task;
        return first <= last ? new UsagePeriod(first, last, grouping) : new UsagePeriod(last, first, grouping);
    }

    /// <summary>At most so many days of it, the newest ones.</summary>
    public UsagePeriod Newest(int days) => To.DayNumber - From.DayNumber < days ? this : this with { From = To.AddDays(1 - days) };

    /// <summary>A day in an address; null when there is none.</summary>
    public static DateOnly? ParseDay(string? text) => Day(text);

    /// <summary>Midnight (UTC) of a day in an address; null when there is none.</summary>
    public static DateTimeOffset? DayStart(string? text) => Day(text) is { } day ? Start(day) : null;

    private static DateOnly? Day(string? text) =>
        DateOnly.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 2000 and < 9000 ? day : null;

    private static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}

using System.Globalization;
using Platform.Domain.Rates;
using Platform.Domain.Usage;

namespace Platform.Portal.Components.Controls;

/// <summary>Figures as people read them; "–" where there is none.</summary>
public static class Formats
{
    public const string None = "–";

    public static string Score(double? value) => value is { } score ? score.ToString("0.000", CultureInfo.InvariantCulture) : None;

    public static string Interval(double? low, double? high) => low is { } from && high is { } to ? $"{Score(from)} to {Score(to)}" : None;

    /// <summary>In score points with its sign, so that a loss is seen at once.</summary>
    public static string Difference(double? value) => value is { } change ? change.ToString("+0.000;−0.000;0.000", CultureInfo.InvariantCulture) : None;

    public static string DifferenceInterval(double? low, double? high) => low is { } from && high is { } to ? $"{Difference(from)} to {Difference(to)}" : None;

    public static string Count(long? value) => value is { } count ? count.ToString("N0", CultureInfo.InvariantCulture) : None;

    public static string Percent(double? share) => share is { } value ? value.ToString("0.0 %", CultureInfo.InvariantCulture) : None;

    public static string Probability(double value) => value.ToString(value is > 0 and < 0.001 ? "0.0e0" : "0.000", CultureInfo.InvariantCulture);

    public static string When(DateTimeOffset? moment) => moment is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC" : None;

    public static string Clock(DateTimeOffset moment) => moment.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Loss(double? value) => value is { } loss ? loss.ToString("0.000", CultureInfo.InvariantCulture) : None;

    public static string Speed(double? perSecond) => perSecond is { } rows ? rows.ToString(rows < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture) + " rows/s" : None;

    public static string Duration(double? seconds) => seconds switch
    {
        null => None,
        < 1 => $"{seconds.Value * 1000:0} ms",
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{seconds.Value:0.0} s"),
        < 90 => $"{seconds.Value:0} s",
        < 5400 => $"{seconds.Value / 60:0} min",
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds.Value / 3600:0.0} h"),
    };

    public static string DeviceTime(long microseconds) => microseconds == 0 ? "0 s" : Duration(microseconds / 1e6);

    public static string Latency(TimeSpan? value) => value switch
    {
        null => None,
        { TotalMilliseconds: < 10 and var milliseconds } => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0#} ms"),
        { } time => Duration(time.TotalSeconds),
    };

    public static string Bytes(long? value)
    {
        if (value is not { } bytes)
            return None;
        string[] units = ["B", "KB", "MB", "GB", "TB"];
        var size = (double)bytes;
        var unit = 0;
        for (; size >= 1000 && unit < units.Length - 1; unit++)
            size /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {units[unit]}");
    }

    /// <summary>Small amounts keep their first digits: a request costs far less than a cent.</summary>
    public static string Cost(Money money)
    {
        var format = Math.Abs(money.Amount) switch
        {
            0 => "0.00",
            < 0.0001m => "0.########",
            < 0.01m => "0.000000",
            < 1 => "0.0000",
            _ => "N2",
        };
        return $"{money.Amount.ToString(format, CultureInfo.InvariantCulture)} {money.Currency}";
    }

    /// <summary>Amounts in different currencies are never added up.</summary>
    public static string Costs(IEnumerable<UsageSummary> sums)
    {
        var totals = sums.GroupBy(sum => sum.Currency).Select(group => Cost(new Money(group.Sum(sum => sum.CostNano), group.Key))).ToList();
        return totals.Count == 0 ? None : string.Join(" + ", totals);
    }
}

using System.Globalization;
using Platform.Domain.Costs;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Costs;

/// <summary>What an address asks for: a month (UTC) by task or by team, and perhaps only one of them. What makes no sense falls back to this month.</summary>
/// <param name="Only">Name of one task or team; null for all.</param>
public sealed record CostMonth(DateOnly First, bool ByTeam, string? Only)
{
    public const string Team = "team";

    public string MonthText => First.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static CostMonth Parse(string? month, string? by, string? only, DateTimeOffset now)
    {
        var first = DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var asked) && asked.Year is > 2000 and < 9000
            ? asked
            : new DateOnly(now.UtcDateTime.Year, now.UtcDateTime.Month, 1);
        return new CostMonth(first, by == Team, string.IsNullOrWhiteSpace(only) ? null : only);
    }

    /// <summary>Of the month that is asked for: each task's or team's line, or the one that is asked for.</summary>
    public IReadOnlyList<CostLine> Lines(CostReport report) =>
    [
        .. (ByTeam
            ? report.Teams.Select(line => new CostLine(line.Team, line.TeamId is not null, line.Currency, Requests(line.Requests), line.Parts, line.Days))
            : report.Tasks.Select(line => new CostLine(
                line.Task, line.TaskId is not null, line.Currency, $"{Requests(line.Requests)}, {Formats.Count(line.CachedTokens)} of {Formats.Count(line.PromptTokens)} prompt tokens cached", line.Parts, line.Days)))
        .Where(line => Only is null || line.Name == Only),
    ];

    /// <param name="path">The page or the file.</param>
    /// <param name="only">A task or team; null for all.</param>
    public string AddressAt(string path, string? only) => $"{path}?month={MonthText}{(ByTeam ? $"&by={Team}" : "")}{(only is null ? "" : $"&only={Uri.EscapeDataString(only)}")}";

    private static string Requests(long count) => $"{Formats.Count(count)} {(count == 1 ? "request" : "requests")}";
}

/// <summary>One task's or team's cost.</summary>
/// <param name="IsKnown">There is such a task or team; else the name says what is missing.</param>
/// <param name="Note">What stands behind the amounts.</param>
public sealed record CostLine(string Name, bool IsKnown, string Currency, string Note, CostParts Parts, IReadOnlyList<DayCost> Days);

using System.Globalization;
using Platform.Domain.Costs;

namespace Platform.Portal.Costs;

/// <summary>What an address asks for: a month (UTC), and perhaps one task. What makes no sense falls back to this month.</summary>
public sealed record CostMonth(DateOnly First, string? Task)
{
    public string MonthText => First.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static CostMonth Parse(string? month, string? task, DateTimeOffset now)
    {
        var first = DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var asked) && asked.Year is > 2000 and < 9000
            ? asked
            : new DateOnly(now.UtcDateTime.Year, now.UtcDateTime.Month, 1);
        return new CostMonth(first, string.IsNullOrWhiteSpace(task) ? null : task);
    }

    public string AddressFor(string task) => $"/costs?month={MonthText}&task={Uri.EscapeDataString(task)}";

    /// <summary>The bill is everybody's; it does not belong to a task.</summary>
    public CostReport Only(CostReport report) =>
        Task is null ? report : report with { Tasks = [.. report.Tasks.Where(line => line.Task == Task)], Bills = [] };
}

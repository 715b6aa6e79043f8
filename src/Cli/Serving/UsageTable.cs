using Platform.Cli.Terminal;
using Platform.Domain.Rates;
using Platform.Domain.Usage;
using Spectre.Console;

namespace Platform.Cli.Serving;

internal static class UsageTable
{
    /// <summary>One row for each group, and the sum for each currency.</summary>
    public static Table Of(IReadOnlyList<UsageSummary> rows, string heading)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns(heading, "Requests", "Inputs", "Prompt tokens", "Cached", "Completion", "Device time", "Cost");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var row in rows)
            Add(table, row);
        foreach (var currency in rows.GroupBy(row => row.Currency).Where(group => group.Count() > 1))
            Add(table, Sum(currency.Key, [.. currency]));
        return table;
    }

    private static void Add(Table table, UsageSummary row) => table.AddRow(Cells.Plain(
        row.Group, $"{row.Requests:N0}", $"{row.Inputs:N0}", $"{row.PromptTokens:N0}", $"{row.CachedTokens:N0}", $"{row.CompletionTokens:N0}",
        Cells.Duration(row.DeviceMicroseconds), $"{new Money(row.CostNano, row.Currency).Amount:0.000000000} {row.Currency}"));

    private static UsageSummary Sum(string currency, IReadOnlyList<UsageSummary> rows) => new(
        "all", currency, rows.Sum(row => row.Requests), rows.Sum(row => row.Errors), rows.Sum(row => row.Inputs), rows.Sum(row => row.PromptTokens),
        rows.Sum(row => row.CachedTokens), rows.Sum(row => row.CompletionTokens), rows.Sum(row => row.DeviceMicroseconds), rows.Sum(row => row.CostNano));
}

using Platform.Cli.Terminal;
using Platform.Domain.Rates;
using Platform.Domain.Savings;
using Spectre.Console;

namespace Platform.Cli.Saving;

/// <summary>A measured saving for people and for scripts.</summary>
internal static class SavingTables
{
    public static object AsJson(SavingReport report) => new
    {
        report.ModelVersion,
        report.MeasuredAt,
        report.Processor,
        report.Traffic,
        report.WindowMicroseconds,
        report.TargetShare,
        report.OverheadReduction,
        report.MemoryReduction,
        report.BusyReduction,
        shared = One(report.Shared, report.SharedBill),
        dedicated = report.Dedicated.Zip(report.DedicatedBills, One),
        dedicated_total = report.DedicatedTotal,
        report.Assumptions,
    };

    public static void Write(SavingReport report, Output output)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Server", "Requests", "p50", "p95", "Device time", "Busy", "Servers", "Memory", "Cost while up", "Cost while busy");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var (server, bill) in report.Dedicated.Zip(report.DedicatedBills))
            table.AddRow(Row(server.Tasks[0], server, bill));
        var total = report.DedicatedTotal;
        table.AddRow(Cells.Plain(
            "one for each task", $"{report.Dedicated.Sum(server => server.Requests):N0}", "", "", Cells.Duration(total.BusyMicroseconds), $"{total.BusyShare:P1}", $"{total.Servers}", Megabytes(total.ResidentBytes),
            Amount(total.CostWhileUp), Amount(total.CostWhileBusy)));
        table.AddRow(Row("one for all tasks", report.Shared, report.SharedBill));
        output.Console.Write(table);
        output.Line($"Serving overhead saved: {report.OverheadReduction:P1} of the cost of servers that are up, {report.MemoryReduction:P1} of the memory, {report.BusyReduction:P1} of the device's busy time.");
        output.Line();
        foreach (var assumption in report.Assumptions)
            output.Line($"- {assumption}");
    }

    private static Text[] Row(string name, ServerMeasurement server, ServerBill bill) => Cells.Plain(
        name, $"{server.Requests:N0}", $"{server.P50.TotalMilliseconds:F1} ms", $"{server.P95.TotalMilliseconds:F1} ms", Cells.Duration(bill.BusyMicroseconds), $"{bill.BusyShare:P1}", $"{bill.Servers}",
        Megabytes(bill.ResidentBytes), Amount(bill.CostWhileUp), Amount(bill.CostWhileBusy));

    private static object One(ServerMeasurement server, ServerBill bill) => new
    {
        server.Tasks,
        server.Requests,
        server.Refused,
        server.PromptTokens,
        p50_ms = server.P50.TotalMilliseconds,
        p95_ms = server.P95.TotalMilliseconds,
        bill.Servers,
        bill.BusyMicroseconds,
        bill.BusyShare,
        bill.ResidentBytes,
        cost_while_up = bill.CostWhileUp.Amount,
        cost_while_busy = bill.CostWhileBusy.Amount,
    };

    private static string Megabytes(long bytes) => $"{bytes / 1e6:N0} MB";

    private static string Amount(Money money) => $"{money.Amount:0.000000} {money.Currency}";
}

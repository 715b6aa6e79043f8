using System.CommandLine;
using System.Globalization;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Costs;
using Platform.Domain.Rates;
using Spectre.Console;

namespace Platform.Cli.Costs;

internal static class CostCommand
{
    public static Command Create()
    {
        var month = new Option<DateOnly?>("--month") { Description = "Such as 2026-03; default: this month", HelpName = "MONTH", CustomParser = Month };
        var task = new Option<string?>("--task") { Description = "Only this task, day by day", HelpName = "NAME" };
        var command = new Command("cost", "What tasks cost in a month: requests, adjustments, idle time and training; together the whole bill") { month, task, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var today = DateOnly.FromDateTime(session.Get<TimeProvider>().GetUtcNow().UtcDateTime);
            var first = parsed.GetValue(month) ?? new DateOnly(today.Year, today.Month, 1);
            var report = await session.Get<CostQuery>().ReportAsync(session.Actor, first, first.AddMonths(1), cancellationToken);
            if (parsed.GetValue(task) is { } name)
                report = report with { Tasks = [.. report.Tasks.Where(line => line.Task == name)], Bills = [] };
            output.Result(report, () => Show(report, parsed.GetValue(task), output));
        });
        return command;
    }

    private static void Show(CostReport report, string? task, Output output)
    {
        if (report.Tasks.Count == 0)
        {
            output.Line(task is null ? "Nothing cost anything in this month." : $"The task '{task}' cost nothing in this month, or is not yours to see.");
            return;
        }

        var table = new Table().Border(TableBorder.Minimal).AddColumns(task is null ? "Task" : "Day", "Requests", "Adjustments", "Idle", "Training", "Total");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var line in report.Tasks)
            if (task is null)
                Add(table, line.Task, line.Parts, line.Currency);
            else
                foreach (var day in line.Days)
                    Add(table, $"{day.Day:yyyy-MM-dd}", day.Parts, line.Currency);
        foreach (var currency in report.Tasks.GroupBy(line => line.Currency))
            Add(table, "all", currency.Aggregate(CostParts.None, (all, line) => all + line.Parts), currency.Key);
        output.Console.Write(table);
        foreach (var bill in report.Bills)
            output.Line($"The bill: {bill.Serving} for servers that were up, {bill.Training} for training, together {bill.Total}.");
    }

    private static void Add(Table table, string name, CostParts parts, string currency) => table.AddRow(Cells.Plain(
        name, Text(parts.RequestsNano), Text(parts.AdjustmentNano), Text(parts.IdleNano), Text(parts.TrainingNano), $"{Text(parts.TotalNano)} {currency}"));

    private static string Text(long nano) => (nano / (decimal)Money.NanoPerUnit).ToString("0.000000000", CultureInfo.InvariantCulture);

    private static DateOnly? Month(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month))
            return month;
        result.AddError($"'{result.Tokens[0].Value}' is not a month; write it as 2026-03.");
        return null;
    }
}

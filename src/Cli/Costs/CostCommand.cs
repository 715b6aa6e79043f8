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
        var team = new Option<string?>("--team") { Description = "Only what this team pays, day by day", HelpName = "NAME" };
        var by = new Option<string>("--by") { Description = "task: what each task costs; team: what each team pays, for its keys' requests and for idle time and training of its tasks", DefaultValueFactory = _ => "task" };
        by.AcceptOnlyFromAmong("task", "team");
        var command = new Command("cost", "What tasks cost or teams pay in a month: requests, adjustments, idle time and training; together the whole bill") { month, by, task, team, CommonOptions.As };
        command.Validators.Add(result =>
        {
            if (result.GetValue(task) is not null && result.GetValue(team) is not null)
                result.AddError("Give --task or --team, not both.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var today = DateOnly.FromDateTime(session.Get<TimeProvider>().GetUtcNow().UtcDateTime);
            var first = parsed.GetValue(month) ?? new DateOnly(today.Year, today.Month, 1);
            var report = await session.Get<CostQuery>().ReportAsync(session.Actor, first, first.AddMonths(1), cancellationToken);
            if (parsed.GetValue(task) is { } oneTask)
                report = report with { Tasks = [.. report.Tasks.Where(line => line.Task == oneTask)], Teams = [], Bills = [] };
            if (parsed.GetValue(team) is { } oneTeam)
                report = report with { Tasks = [], Teams = [.. report.Teams.Where(line => line.Team == oneTeam)], Bills = [] };
            var byTeam = parsed.GetValue(team) is not null || (parsed.GetValue(task) is null && parsed.GetValue(by) == "team");
            output.Result(report, () => Show(report, byTeam, parsed.GetValue(task) ?? parsed.GetValue(team), output));
        });
        return command;
    }

    private static void Show(CostReport report, bool byTeam, string? only, Output output)
    {
        List<(string Name, string Currency, CostParts Parts, IReadOnlyList<DayCost> Days)> lines = byTeam
            ? [.. report.Teams.Select(line => (line.Team, line.Currency, line.Parts, line.Days))]
            : [.. report.Tasks.Select(line => (line.Task, line.Currency, line.Parts, line.Days))];
        var what = byTeam ? "team" : "task";
        if (lines.Count == 0)
        {
            output.Line(only is null ? "Nothing cost anything in this month." : $"The {what} '{only}' {(byTeam ? "paid" : "cost")} nothing in this month, or is not yours to see.");
            return;
        }

        var table = new Table().Border(TableBorder.Minimal).AddColumns(only is not null ? "Day" : byTeam ? "Team" : "Task", "Requests", "Adjustments", "Idle", "Training", "Total");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var line in lines)
            if (only is null)
                Add(table, line.Name, line.Parts, line.Currency);
            else
                foreach (var day in line.Days)
                    Add(table, $"{day.Day:yyyy-MM-dd}", day.Parts, line.Currency);
        foreach (var currency in lines.GroupBy(line => line.Currency))
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

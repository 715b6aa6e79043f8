using System.CommandLine;
using System.Globalization;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Usage;

namespace Platform.Cli.Serving;

internal static class UsageCommand
{
    public static Command Create()
    {
        var from = new Option<DateTimeOffset?>("--from") { Description = "First moment (UTC unless it says otherwise); default: 30 days ago", HelpName = "DATE", CustomParser = Moment };
        var to = new Option<DateTimeOffset?>("--to") { Description = "The moment behind the last one; default: now", HelpName = "DATE", CustomParser = Moment };
        var by = new Option<UsageGrouping>("--group-by") { Description = "task, team, key or day", HelpName = "WHAT", DefaultValueFactory = _ => UsageGrouping.Task };
        var command = new Command("usage", "What was used and what it cost") { from, to, by, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var now = session.Get<TimeProvider>().GetUtcNow();
            var filter = new UsageFilter(parsed.GetValue(from) ?? now.AddDays(-30), parsed.GetValue(to) ?? now);
            var rows = await session.Get<UsageQuery>().SummariseAsync(session.Actor, filter, parsed.GetValue(by), cancellationToken);
            var overhead = await ServingOverhead.FindAsync(session, cancellationToken);
            output.Result(new { from = filter.From, to = filter.To, group_by = parsed.GetValue(by), rows, overhead }, () =>
            {
                output.Console.Write(UsageTable.Of(rows, parsed.GetValue(by).ToString()));
                ServingOverhead.Show(overhead, output);
            });
        });
        return command;
    }

    private static DateTimeOffset? Moment(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
            return moment;
        result.AddError($"'{result.Tokens[0].Value}' is not a date; write it as 2026-01-31 or 2026-01-31T12:00Z.");
        return null;
    }
}

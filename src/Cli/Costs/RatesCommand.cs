using System.CommandLine;
using System.Globalization;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Costs;
using Platform.Domain.Rates;
using Platform.Domain.Tasks;
using Spectre.Console;

namespace Platform.Cli.Costs;

internal static class RatesCommand
{
    public static Command Create() => new("rates", "What a device hour costs, and who pays for idle time") { List(), Set(), Correct(), Idle() };

    private static Command List()
    {
        var command = new Command("list", "All rates with their corrections, newest first") { CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            Allow(session, "see the rates");
            var history = await session.Get<RateBook>().HistoryAsync(cancellationToken);
            var idle = (await session.Get<IdleRules>().ListAsync(cancellationToken))[0];
            output.Result(new { rates = history.All.Select(rate => Wire(rate, history)), idle = idle.Sharing }, () =>
            {
                output.Console.Write(Table(history));
                output.Line($"Idle time is shared {Words(idle.Sharing)}, since {idle.StartsAt:yyyy-MM-dd}.");
            });
        });
        return command;
    }

    private static Command Set()
    {
        var price = new Argument<decimal>("PRICE") { Description = "Of one device hour" };
        var currency = Currency();
        var from = new Option<DateTimeOffset?>("--from") { Description = "When it starts (UTC unless it says otherwise); default: now", HelpName = "MOMENT", CustomParser = Moment };
        var command = new Command("set", "Set the rate that is in force from a moment on") { price, currency, from, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var book = session.Get<RateBook>();
            var rate = (await book.SetAsync(
                session.Actor, parsed.GetValue(from) ?? session.Get<TimeProvider>().GetUtcNow(), parsed.GetValue(price), parsed.GetRequiredValue(currency), cancellationToken)).OrFail();
            output.Result(Wire(rate, await book.HistoryAsync(cancellationToken)), () => output.Line($"From {rate.StartsAt:u} a device hour costs {Price(rate)}."));
        });
        return command;
    }

    private static Command Correct()
    {
        var id = new Argument<Guid>("RATE") { Description = "The rate's id, as the list shows it" };
        var price = new Argument<decimal>("PRICE") { Description = "What a device hour should have cost from the rate's start on" };
        var currency = Currency();
        var reason = new Option<string>("--reason") { Description = "What was wrong; stays with every adjustment", HelpName = "TEXT", Required = true };
        var command = new Command("correct", "Correct a wrong rate: what was billed by it gets adjustments, nothing is changed") { id, price, currency, reason, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var correction = (await session.Get<RateBook>().CorrectAsync(
                session.Actor, parsed.GetValue(id), parsed.GetValue(price), parsed.GetRequiredValue(currency), parsed.GetRequiredValue(reason), cancellationToken)).OrFail();
            output.Result(new { correction.Rate.Id, correction.Adjustments, amounts = correction.Amounts.Select(amount => new { amount.Amount, amount.Currency }) }, () => output.Line(
                $"From {correction.Rate.StartsAt:u} on a device hour costs {Price(correction.Rate)}. {correction.Adjustments} adjustments, together {(correction.Amounts.Count == 0 ? "nothing" : string.Join(" and ", correction.Amounts))}."));
        });
        return command;
    }

    private static Command Idle()
    {
        var sharing = new Argument<IdleSharing>("RULE") { Description = "even, byuse or byreservation" };
        var reservations = new Option<string[]>("--reserve") { Description = "For byreservation: a task and its weight; repeat for more", HelpName = "TASK=WEIGHT" };
        var command = new Command("idle", "Say who pays for the time in which the device waits, from today (UTC) on") { sharing, reservations, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            List<TaskReservation> wanted = [];
            foreach (var text in parsed.GetValue(reservations) ?? [])
            {
                if (text.Split('=') is not [var name, var number] || !int.TryParse(number, CultureInfo.InvariantCulture, out var weight))
                    throw new CommandFailure($"'{text}' is not a reservation; write it as hotel-sentiment=3.");
                wanted.Add(new TaskReservation((await session.Get<TaskCatalog>().FindAsync(session.Actor, name, cancellationToken)).OrFail().Id, weight));
            }

            var rule = (await session.Get<IdleRules>().SetAsync(session.Actor, parsed.GetValue(sharing), wanted, cancellationToken)).OrFail();
            output.Result(new { rule.Id, rule.Sharing, rule.StartsAt }, () => output.Line($"From {rule.StartsAt:yyyy-MM-dd} on idle time is shared {Words(rule.Sharing)}."));
        });
        return command;
    }

    private static Option<string> Currency() => new("--currency") { Description = "Three letters", HelpName = "CODE", DefaultValueFactory = _ => "USD" };

    private static void Allow(PlatformSession session, string what)
    {
        if (session.Actor.RefuseUnlessAdmin(what) is { } refusal)
            throw new CommandFailure(refusal.Message);
    }

    private static string Words(IdleSharing sharing) => sharing switch
    {
        IdleSharing.Even => "evenly between all served tasks",
        IdleSharing.ByUse => "by the device time that tasks used on the day",
        _ => "by what is reserved for tasks",
    };

    private static string Price(Rate rate) => new Money(rate.PricePerHourNano, rate.Currency).ToString();

    private static object Wire(Rate rate, RateHistory history) => new
    {
        rate.Id, rate.StartsAt, price_per_hour = new Money(rate.PricePerHourNano, rate.Currency).Amount, rate.Currency, rate.Revision, rate.Reason, rate.CreatedAt, rate.CreatedByName,
        corrected = !history.Effective.Contains(rate),
    };

    private static Table Table(RateHistory history)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Rate", "Starts", "Per device hour", "State", "Set", "Reason");
        foreach (var rate in history.All)
            table.AddRow(Cells.Plain(
                rate.Id.ToString(), rate.StartsAt == DateTimeOffset.UnixEpoch ? "from the start" : $"{rate.StartsAt:u}", Price(rate),
                history.Effective.Contains(rate) ? rate.Revision > 0 ? "correction" : "" : "corrected", $"{rate.CreatedAt:u} by {rate.CreatedByName}", rate.Reason));
        return table;
    }

    private static DateTimeOffset? Moment(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
            return moment;
        result.AddError($"'{result.Tokens[0].Value}' is not a moment; write it as 2026-01-31 or 2026-01-31T12:00Z.");
        return null;
    }
}

using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Budgets;
using Platform.Domain.Keys;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Spectre.Console;

namespace Platform.Cli.Costs;

internal static class BudgetsCommand
{
    public static Command Create() => new("budgets", "What tasks, teams and keys may spend on requests") { List(), Set(), End() };

    private static Command List()
    {
        var command = new Command("list", "The budgets in force that you may see, with what is spent of them") { CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var states = await session.Get<BudgetBook>().ListAsync(session.Actor, cancellationToken);
            output.Result(states.Select(state => new
            {
                state.Budget.Id, state.Budget.Scope, name = state.ScopeName, state.Budget.Period, state.Budget.Kind, limit = state.Budget.Limit.Amount, state.Budget.Currency,
                spent = state.Spent.Amount, reserved = state.Reserved.Amount, left = state.Left.Amount, state.ResetsAt, state.Binds,
            }), () => output.Console.Write(Table(states)));
        });
        return command;
    }

    private static Command Set()
    {
        var scope = new Argument<BudgetScope>("SCOPE") { Description = "task, team or key" };
        var name = new Argument<string>("NAME") { Description = "The task's or team's name, or the key's id or first characters" };
        var amount = new Argument<decimal>("AMOUNT") { Description = "What may be spent" };
        var currency = new Option<string>("--currency") { Description = "Three letters", HelpName = "CODE", DefaultValueFactory = _ => "USD" };
        var period = new Option<BudgetPeriod>("--per") { Description = "month (UTC) or total", HelpName = "PERIOD", DefaultValueFactory = _ => BudgetPeriod.Month };
        var soft = new Option<bool>("--soft") { Description = "Warn when it is spent; without this, requests are refused" };
        var command = new Command("set", "Set a budget, or change its amount; takes effect within a second") { scope, name, amount, currency, period, soft, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var id = await ScopeIdAsync(session, parsed.GetValue(scope), parsed.GetRequiredValue(name), cancellationToken);
            var budget = (await session.Get<BudgetBook>().SetAsync(session.Actor, new BudgetRequest(
                parsed.GetValue(scope), id, parsed.GetValue(period), parsed.GetValue(soft) ? BudgetKind.Soft : BudgetKind.Hard,
                parsed.GetValue(amount), parsed.GetRequiredValue(currency)), cancellationToken)).OrFail();
            var state = (await session.Get<BudgetBook>().ListAsync(session.Actor, cancellationToken)).Single(found => found.Budget.Id == budget.Id);
            output.Result(new { budget.Id, limit = budget.Limit.Amount, budget.Currency, spent = state.Spent.Amount }, () => output.Line(
                $"{(budget.Kind == BudgetKind.Hard ? "At most" : "A warning at")} {budget.Limit} for {state.Name}; {state.Spent} are spent."));
        });
        return command;
    }

    private static Command End()
    {
        var id = new Argument<Guid>("BUDGET") { Description = "The budget's id, as the list shows it" };
        var reason = new Option<string>("--reason") { Description = "For the audit log", HelpName = "TEXT", Required = true };
        var command = new Command("end", "End a budget; what it refused is answered again within a second") { id, reason, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            (await session.Get<BudgetBook>().EndAsync(session.Actor, parsed.GetValue(id), parsed.GetRequiredValue(reason), cancellationToken)).OrFail();
            output.Result(new { id = parsed.GetValue(id), ended = true }, () => output.Line("The budget has ended."));
        });
        return command;
    }

    private static async Task<Guid> ScopeIdAsync(PlatformSession session, BudgetScope scope, string name, CancellationToken cancellationToken) => scope switch
    {
        BudgetScope.Task => (await session.Get<TaskCatalog>().FindAsync(session.Actor, name, cancellationToken)).OrFail().Id,
        BudgetScope.Team => (await session.Get<TeamDirectory>().FindAsync(session.Actor, name, cancellationToken)).OrFail().Id,
        _ => (await session.Get<ApiKeys>().ListAsync(session.Actor, cancellationToken)).Where(key => key.Id.ToString() == name || key.Prefix == name.TrimEnd('.')).ToList() is [var found]
            ? found.Id
            : throw new CommandFailure(BudgetErrors.ScopeUnknown(scope, name).Message),
    };

    private static Table Table(IReadOnlyList<BudgetState> states)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Budget", "For", "Kind", "Limit", "Spent", "Left", "Starts again", "State");
        foreach (var state in states)
            table.AddRow(Cells.Plain(
                state.Budget.Id.ToString(), state.Name, state.Budget.Kind.ToString().ToLowerInvariant(), state.Budget.Limit.ToString(), state.Spent.ToString(), state.Left.ToString(),
                state.ResetsAt is { } at ? $"{at:yyyy-MM-dd}" : "never", !state.Binds ? "does not bind: the rate is in another currency" : state.IsSpent ? "spent" : ""));
        return table;
    }
}

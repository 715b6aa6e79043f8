using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Results;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Spectre.Console;

namespace Platform.Cli.Users;

internal static class UsersCommand
{
    public static Command Create() => new("users", "People who sign in to the portal") { Add(), List(), Deactivate(), Reactivate(), Role() };

    private static Command Add()
    {
        var email = new Argument<string>("EMAIL") { Description = "The address to sign in with" };
        var name = new Option<string?>("--name") { Description = "The name that others see; default: the address", HelpName = "NAME" };
        var admin = new Option<bool>("--admin") { Description = "An admin plans runs, decides on deployments and manages everything" };
        var teams = new Option<string[]>("--team") { Description = "A team to join; repeat for more", HelpName = "NAME" };
        var password = new Option<bool>("--password-stdin") { Description = "Read the password from standard input; default: a one-time password is made up" };
        var command = new Command("add", "Create a user; the one-time password is shown once") { email, name, admin, teams, password, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var directory = session.Get<TeamDirectory>();
            List<Team> joined = [];
            foreach (var team in parsed.GetValue(teams) ?? [])
                joined.Add((await directory.FindAsync(session.Actor, team, cancellationToken)).OrFail());
            var address = parsed.GetRequiredValue(email);
            var secret = parsed.GetValue(password) ? (await Console.In.ReadLineAsync(cancellationToken))?.Trim() : null;
            var user = (await session.Get<UserAccounts>().CreateAsync(
                session.Actor, address, parsed.GetValue(name) ?? address, parsed.GetValue(admin), secret, cancellationToken)).OrFail();
            foreach (var team in joined)
                (await directory.AddMemberAsync(session.Actor, team.Id, user.Id, cancellationToken)).OrFail();
            output.Result(new { user.Id, user.Email, user.OneTimePassword }, () => output.Line(
                user.OneTimePassword is { } once ? $"{user.Email}: the one-time password is {once}" : $"{user.Email} can sign in."));
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "All users");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var users = await session.Get<UserAccounts>().ListAsync(cancellationToken);
            output.Result(users, () =>
            {
                var table = new Table().Border(TableBorder.Minimal).AddColumns("Address", "Name", "Role", "Teams", "State");
                foreach (var user in users)
                    table.AddRow(Cells.Plain(user.Email, user.DisplayName, user.IsAdmin ? "admin" : "member", string.Join(", ", user.Teams), user.IsDeactivated ? "deactivated" : "active"));
                output.Console.Write(table);
            });
        });
        return command;
    }

    private static Command Deactivate() => Govern(
        "deactivate", "Let nobody sign in as a user any more, and end their sessions",
        (accounts, actor, user, reason, _, cancellationToken) => accounts.DeactivateAsync(actor, user, reason, cancellationToken));

    private static Command Reactivate() => Govern(
        "reactivate", "Let a deactivated user sign in again",
        (accounts, actor, user, reason, _, cancellationToken) => accounts.ReactivateAsync(actor, user, reason, cancellationToken));

    private static Command Role()
    {
        var role = new Argument<string>("ROLE") { Description = "What the user becomes: admin or member" };
        role.AcceptOnlyFromAmong("admin", "member");
        return Govern(
            "role", "Make a user an admin, or a member of their teams only",
            (accounts, actor, user, reason, parsed, cancellationToken) => accounts.SetAdminAsync(actor, user, parsed.GetRequiredValue(role) == "admin", reason, cancellationToken), role);
    }

    private static Command Govern(string name, string description, Func<UserAccounts, Actor, Guid, string, ParseResult, CancellationToken, Task<Result>> act, params IEnumerable<Argument> more)
    {
        var email = new Argument<string>("EMAIL") { Description = "The address that they sign in with" };
        var reason = new Option<string>("--reason") { Description = "For the audit log", HelpName = "TEXT", Required = true };
        var command = new Command(name, description) { email, reason, CommonOptions.As };
        foreach (var argument in more)
            command.Add(argument);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var accounts = session.Get<UserAccounts>();
            var address = parsed.GetRequiredValue(email);
            var user = (await accounts.ListAsync(cancellationToken)).FirstOrDefault(found => string.Equals(found.Email, address, StringComparison.OrdinalIgnoreCase));
            var done = user is null ? (Result)UserErrors.Unknown(address) : await act(accounts, session.Actor, user.Id, parsed.GetRequiredValue(reason), parsed, cancellationToken);
            done.OrFail();
            var changed = (await accounts.ListAsync(cancellationToken)).Single(found => found.Id == user!.Id);
            output.Result(changed, () => output.Line($"{changed.Email}: {(changed.IsAdmin ? "admin" : "member")}, {(changed.IsDeactivated ? "deactivated" : "active")}."));
        });
        return command;
    }
}

using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Keys;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Spectre.Console;

namespace Platform.Cli.Keys;

internal static class KeysCommand
{
    public static Command Create() => new("keys", "Keys that applications call the API with") { Issue(), List(), Rotate(), Revoke() };

    private static Command Issue()
    {
        var name = new Argument<string>("NAME") { Description = "Which application uses it" };
        var team = new Option<string>("--team") { Description = "The team that pays for its requests", HelpName = "NAME", Required = true };
        var tasks = new Option<string[]>("--task") { Description = "A task that it may call; repeat for more; default: all (admins only)", HelpName = "TASK" };
        var days = new Option<double?>("--days") { Description = "Expires after so many days; default: never", HelpName = "N" };
        var requests = new Option<int?>("--requests-per-minute") { Description = "Requests that it may make in a minute; default: no limit", HelpName = "N" };
        var tokens = new Option<int?>("--tokens-per-minute") { Description = "Tokens, of prompts and answers, that it may use in a minute; default: no limit", HelpName = "N" };
        var command = new Command("issue", "Issue a key; its secret is shown once") { name, team, tasks, days, requests, tokens, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var owner = (await session.Get<TeamDirectory>().FindAsync(session.Actor, parsed.GetRequiredValue(team), cancellationToken)).OrFail();
            List<Guid> ids = [];
            foreach (var task in parsed.GetValue(tasks) ?? [])
                ids.Add((await session.Get<TaskCatalog>().FindAsync(session.Actor, task, cancellationToken)).OrFail().Id);
            var expiry = parsed.GetValue(days) is { } left ? session.Get<TimeProvider>().GetUtcNow().AddDays(left) : (DateTimeOffset?)null;
            var issued = (await session.Get<ApiKeys>().IssueAsync(
                session.Actor, new KeyRequest(parsed.GetRequiredValue(name), owner.Id, ids.Count == 0 ? null : ids, expiry)
                {
                    RequestsPerMinute = parsed.GetValue(requests),
                    TokensPerMinute = parsed.GetValue(tokens),
                }, cancellationToken)).OrFail();
            output.Result(new { issued.Key.Id, issued.Key.Name, issued.Secret, issued.Key.ExpiresAt }, () =>
            {
                output.Line(issued.Secret);
                output.Errors.WriteLine("Keep it now: nothing can show it again.");
            });
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "All keys that you may see, newest first") { CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var keys = await session.Get<ApiKeys>().ListAsync(session.Actor, cancellationToken);
            output.Result(keys.Select(key => new
            {
                key.Id, key.Name, key.Prefix, team = key.Team?.Name, key.AllTasks, tasks = key.Tasks.Select(task => task.Task?.Name),
                key.RequestsPerMinute, key.TokensPerMinute, key.CreatedAt, key.ExpiresAt, key.RevokedAt, key.LastUsedAt, key.RotatedAt, key.OldPrefix, key.OldSecretUntil, key.OldSecretUsedAt,
            }), () => output.Console.Write(Table(keys)));
        });
        return command;
    }

    private static Command Rotate()
    {
        var which = Which();
        var hours = new Option<double>("--grace-hours")
        {
            Description = $"How long the old secret goes on working: 0 to {KeyRotation.LongestGrace.TotalHours:0}",
            HelpName = "N",
            DefaultValueFactory = _ => KeyRotation.DefaultGrace.TotalHours,
        };
        var reason = new Option<string?>("--reason") { Description = "For the audit log", HelpName = "TEXT" };
        var command = new Command("rotate", "Give a key a new secret, which is shown once; the old one goes on working for a while") { which, hours, reason, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var found = await FindAsync(session, parsed.GetRequiredValue(which), cancellationToken);
            // What no TimeSpan can hold is refused like what is only too long.
            var asked = parsed.GetValue(hours);
            var grace = TimeSpan.FromHours(double.IsFinite(asked) ? Math.Clamp(asked, -1e6, 1e6) : -1);
            var issued = (await session.Get<KeyRotation>().RotateAsync(session.Actor, found.Id, grace, parsed.GetValue(reason), cancellationToken)).OrFail();
            output.Result(new { issued.Key.Id, issued.Key.Name, issued.Secret, issued.Key.OldSecretUntil }, () =>
            {
                output.Line(issued.Secret);
                output.Errors.WriteLine($"Keep it now: nothing can show it again. The old secret {issued.Key.OldPrefix}... works until {issued.Key.OldSecretUntil:u}.");
            });
        });
        return command;
    }

    private static Command Revoke()
    {
        var which = Which();
        var reason = new Option<string>("--reason") { Description = "For the audit log", HelpName = "TEXT", Required = true };
        var command = new Command("revoke", "Revoke a key; takes effect with its next request") { which, reason, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var found = await FindAsync(session, parsed.GetRequiredValue(which), cancellationToken);
            (await session.Get<ApiKeys>().RevokeAsync(session.Actor, found.Id, parsed.GetRequiredValue(reason), cancellationToken)).OrFail();
            output.Result(new { found.Id, revoked = true }, () => output.Line($"{found.Name} ({found.Prefix}...) is revoked."));
        });
        return command;
    }

    private static Argument<string> Which() => new("KEY") { Description = "The key's id, or the first characters of its secret as the list shows them" };

    private static async Task<ApiKey> FindAsync(PlatformSession session, string wanted, CancellationToken cancellationToken)
    {
        var matches = (await session.Get<ApiKeys>().ListAsync(session.Actor, cancellationToken))
            .Where(key => key.Id.ToString() == wanted || key.Prefix == wanted.TrimEnd('.')).ToList();
        return matches is [var found]
            ? found
            : throw new CommandFailure(matches.Count == 0 ? KeyErrors.Unknown(wanted).Message : $"{matches.Count} keys begin with '{wanted}'; name the one you mean by its id.");
    }

    private static string Limits(ApiKey key) => (key.RequestsPerMinute, key.TokensPerMinute) switch
    {
        (null, null) => "no limit",
        ({ } requests, null) => $"{requests:N0} requests",
        (null, { } tokens) => $"{tokens:N0} tokens",
        ({ } requests, { } tokens) => $"{requests:N0} requests, {tokens:N0} tokens",
    };

    private static Table Table(IEnumerable<ApiKey> keys)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Key", "Name", "Team", "Tasks", "A minute", "Created", "State");
        foreach (var key in keys)
            table.AddRow(Cells.Plain(
                key.Prefix + "...", key.Name, key.Team?.Name, key.AllTasks ? "all" : string.Join(", ", key.Tasks.Select(task => task.Task?.Name)),
                Limits(key), $"{key.CreatedAt:u}", key.RevokedAt is { } revoked ? $"revoked {revoked:u}" : key.ExpiresAt is { } expires ? $"until {expires:u}" : "valid"));
        return table;
    }
}

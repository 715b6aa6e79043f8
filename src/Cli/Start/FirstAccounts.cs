using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Cli.Start;

/// <param name="Password">One-time; nothing can show it again.</param>
internal sealed record NewAccount(string Email, string Password);

/// <summary>The people that a new platform starts with.</summary>
internal static class FirstAccounts
{
    public const string Admin = "admin@example.com";

    /// <summary>Plans the sample run and asks for its deployment: requester and decider are never the same person.</summary>
    public const string Planner = "planner@example.com";

    /// <returns>Null when there is an admin already.</returns>
    public static async Task<NewAccount?> EnsureAdminAsync(PlatformSession session, CancellationToken cancellationToken)
    {
        var admin = (await session.Get<UserAccounts>().EnsureFirstAdminAsync(Admin, cancellationToken)).OrFail();
        return admin is null ? null : new NewAccount(admin.Email, admin.OneTimePassword!);
    }

    /// <summary>An admin that the platform's first decisions can be booked to, whatever the address of the first one is by now.</summary>
    public static async Task<Actor> DeciderAsync(PlatformSession session, CancellationToken cancellationToken)
    {
        var users = await session.Get<UserAccounts>().ListAsync(cancellationToken);
        var admin = users.FirstOrDefault(user => user is { IsAdmin: true, Email: Admin }) ?? users.FirstOrDefault(user => user.IsAdmin && user.Email != Planner)
            ?? throw new CommandFailure("There is no admin who could approve the sample deployment. Make one: platform users add EMAIL --admin");
        return (await session.Get<UserAccounts>().ActorAsync(admin.Id, cancellationToken)).OrFail();
    }

    /// <summary>The sample planner is a member of every team.</summary>
    public static async Task<(Actor Actor, NewAccount? Created)> EnsurePlannerAsync(PlatformSession session, CancellationToken cancellationToken)
    {
        var accounts = session.Get<UserAccounts>();
        var system = Actor.System("first start");
        NewAccount? created = null;
        if (!(await accounts.ListAsync(cancellationToken)).Any(user => user.Email == Planner))
        {
            var user = (await accounts.CreateAsync(system, Planner, "Robin Planner", isAdmin: false, password: null, cancellationToken)).OrFail();
            created = new NewAccount(user.Email, user.OneTimePassword!);
        }

        var planner = await session.ActorAsync(Planner, cancellationToken);
        foreach (var team in await session.Get<TeamDirectory>().ListAsync(system, cancellationToken))
            (await session.Get<TeamDirectory>().AddMemberAsync(system, team.Id, planner.UserId!.Value, cancellationToken)).OrFail();
        return (await session.ActorAsync(Planner, cancellationToken), created);
    }
}

using System.Data.Common;
using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Portal.Access;

/// <summary>
/// Runs operations as the signed-in user. Rights are read from the database each time: a page may stay open for days, and what
/// its cookie said when it was opened proves nothing.
/// </summary>
public sealed partial class CurrentActor(AuthenticationStateProvider sessions, UserAccounts accounts, ILogger<CurrentActor> logger)
{
    public async Task<Result<T>> RunAsync<T>(Func<Actor, CancellationToken, Task<Result<T>>> operation, CancellationToken cancellationToken)
    {
        try
        {
            var actor = await FindAsync(cancellationToken);
            return actor.IsSuccess ? await operation(actor.Value, cancellationToken) : Result.Failure<T>(actor.Errors);
        }
        catch (Exception exception) when (exception is DbException or DbUpdateException or IOException or TimeoutException)
        {
            var trace = FaultTrace.Id();
            LogFailed(exception, trace);
            return new Error("storage_unavailable", 503, $"The platform's database or disk does not answer. Try again; if it goes on, ask an admin to look into the portal's log for trace {trace}.");
        }
    }

    public async Task<Result> RunAsync(Func<Actor, CancellationToken, Task<Result>> operation, CancellationToken cancellationToken)
    {
        var result = await RunAsync<bool>(async (actor, cancellation) =>
        {
            var done = await operation(actor, cancellation);
            return done.IsSuccess ? true : Result.Failure<bool>(done.Errors);
        }, cancellationToken);
        return result;
    }

    public async Task<Result<Actor>> FindAsync(CancellationToken cancellationToken)
    {
        var session = await sessions.GetAuthenticationStateAsync();
        return UserIdOf(session.User) is { } userId
            ? await accounts.ActorAsync(userId, cancellationToken)
            : Error.Unauthorized("signed_out", "You are signed out. Sign in again.");
    }

    public static Guid? UserIdOf(ClaimsPrincipal user) =>
        user.Identity is { IsAuthenticated: true } && Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? id : null;
}

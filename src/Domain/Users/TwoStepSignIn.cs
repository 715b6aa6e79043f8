using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;

namespace Platform.Domain.Users;

/// <param name="CodesLeft">Recovery codes that were not used yet.</param>
public sealed record TwoStepState(bool IsOn, int CodesLeft);

/// <summary>Sign-in by password and a code of an authenticator app, for those who want it. Wrong codes count like wrong passwords.</summary>
public sealed class TwoStepSignIn(IServiceScopeFactory scopes, TimeProvider clock)
{
    public const int RecoveryCodes = 10;

    public async Task<Result<TwoStepState>> StateAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (users, user) = await FindAsync(scope.ServiceProvider, actor.UserId, cancellationToken);
        return user is null ? UserErrors.Unknown(actor.Name) : new TwoStepState(user.TwoFactorEnabled, await users.CountRecoveryCodesAsync(user));
    }

    /// <summary>The key for the authenticator app, before it is switched on: asking again gives the same one.</summary>
    public async Task<Result<string>> PrepareAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (users, user) = await FindAsync(scope.ServiceProvider, actor.UserId, cancellationToken);
        if (user is null)
            return UserErrors.Unknown(actor.Name);
        if (user.TwoFactorEnabled)
            return UserErrors.TwoStepIsOn();
        if (await users.GetAuthenticatorKeyAsync(user) is { } known)
            return known;

        // Not by Identity's reset: that would end the user's sessions although nothing about their sign-in has changed yet.
        var key = users.GenerateNewAuthenticatorKey();
        await scope.ServiceProvider.GetRequiredService<AccountStore>().SetAuthenticatorKeyAsync(user, key, cancellationToken);
        var saved = await users.UpdateAsync(user);
        return saved.Succeeded ? key : Result.Failure<string>(UserErrors.Of(saved));
    }

    /// <summary>Switches it on once the app shows the right code.</summary>
    /// <returns>Recovery codes, which nothing can show again.</returns>
    public Task<Result<IReadOnlyList<string>>> SwitchOnAsync(Actor actor, string code, CancellationToken cancellationToken) =>
        WithCodeAsync(actor, code, mustBeOn: false, "user.two_step_switched_on", async (users, user) =>
        {
            var switched = await users.SetTwoFactorEnabledAsync(user, true);
            return switched.Succeeded ? await CodesAsync(users, user) : Result.Failure<IReadOnlyList<string>>(UserErrors.Of(switched));
        }, cancellationToken);

    /// <summary>The recovery codes before these stop working.</summary>
    public Task<Result<IReadOnlyList<string>>> RenewCodesAsync(Actor actor, string code, CancellationToken cancellationToken) =>
        WithCodeAsync(actor, code, mustBeOn: true, "user.recovery_codes_renewed", CodesAsync, cancellationToken);

    /// <summary>By the user themselves: an open session alone does not suffice.</summary>
    public async Task<Result> SwitchOffAsync(Actor actor, string password, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (users, user) = await FindAsync(scope.ServiceProvider, actor.UserId, cancellationToken);
        if (user is null)
            return UserErrors.Unknown(actor.Name);
        if (await users.IsLockedOutAsync(user))
            return UserErrors.Locked();
        if (!await users.CheckPasswordAsync(user, password))
        {
            await users.AccessFailedAsync(user);
            return UserErrors.PasswordWrong();
        }

        return await RemoveAsync(scope.ServiceProvider, actor, users, user, "user.two_step_switched_off", cancellationToken);
    }

    /// <summary>By an admin, for somebody who lost app and codes. An admin's own needs another admin: a stolen session must not suffice.</summary>
    public async Task<Result> ResetAsync(Actor actor, Guid userId, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("reset somebody's two-step sign-in") is { } refusal)
            return refusal;
        if (actor.UserId == userId)
            return UserErrors.OwnReset();
        await using var scope = scopes.CreateAsyncScope();
        var (users, user) = await FindAsync(scope.ServiceProvider, userId, cancellationToken);
        return user is null ? UserErrors.Unknown(userId.ToString()) : await RemoveAsync(scope.ServiceProvider, actor, users, user, "user.two_step_reset", cancellationToken);
    }

    /// <summary>Somebody signed in with a recovery code: that goes on record.</summary>
    public async Task NoteRecoveryAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (users, user) = await FindAsync(scope.ServiceProvider, userId, cancellationToken);
        if (user is not null)
            await RecordAsync(scope.ServiceProvider, Actor.ForUser(user.Id, user.DisplayName, false, []), user, "user.recovery_code_used", cancellationToken);
    }

    private async Task<Result<IReadOnlyList<string>>> WithCodeAsync(
        Actor actor, string code, bool mustBeOn, string action, Func<UserManager<User>, User, Task<Result<IReadOnlyList<string>>>> change, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (users, user) = await FindAsync(scope.ServiceProvider, actor.UserId, cancellationToken);
        if (user is null)
            return UserErrors.Unknown(actor.Name);
        if (user.TwoFactorEnabled != mustBeOn)
            return mustBeOn ? UserErrors.TwoStepIsOff() : UserErrors.TwoStepIsOn();
        if (await users.IsLockedOutAsync(user))
            return UserErrors.Locked();
        if (!await users.VerifyTwoFactorTokenAsync(user, users.Options.Tokens.AuthenticatorTokenProvider, code))
        {
            await users.AccessFailedAsync(user);
            return UserErrors.CodeWrong();
        }

        await using var transaction = await scope.ServiceProvider.GetRequiredService<PlatformDbContext>().BeginWriteAsync(cancellationToken);
        var done = await change(users, user);
        if (done.IsFailure)
            return done;
        await RecordAsync(scope.ServiceProvider, actor, user, action, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return done;
    }

    private static async Task<Result<IReadOnlyList<string>>> CodesAsync(UserManager<User> users, User user) =>
        (await users.GenerateNewTwoFactorRecoveryCodesAsync(user, RecoveryCodes))?.ToList() is { } codes
            ? Result.Success<IReadOnlyList<string>>(codes)
            : throw new InvalidOperationException("The user store has no recovery codes.");

    private async Task<Result> RemoveAsync(IServiceProvider services, Actor actor, UserManager<User> users, User user, string action, CancellationToken cancellationToken)
    {
        await using var transaction = await services.GetRequiredService<PlatformDbContext>().BeginWriteAsync(cancellationToken);
        await services.GetRequiredService<AccountStore>().RemoveSecondFactorAsync(user, cancellationToken);
        var switched = await users.SetTwoFactorEnabledAsync(user, false);
        if (!switched.Succeeded)
            return Result.Failure(UserErrors.Of(switched));
        await RecordAsync(services, actor, user, action, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success();
    }

    private async Task RecordAsync(IServiceProvider services, Actor actor, User user, string action, CancellationToken cancellationToken)
    {
        var context = services.GetRequiredService<PlatformDbContext>();
        AuditTrail.Add(context, clock.GetUtcNow(), actor, action, nameof(User), user.Id, after: new { user.Email });
        await context.SaveChangesAsync(cancellationToken);
    }

    private static async Task<(UserManager<User> Users, User? User)> FindAsync(IServiceProvider services, Guid? userId, CancellationToken cancellationToken) => (
        services.GetRequiredService<UserManager<User>>(),
        await services.GetRequiredService<PlatformDbContext>().Users.SingleOrDefaultAsync(found => found.Id == userId, cancellationToken));
}

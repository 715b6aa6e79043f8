using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;

namespace Platform.Domain.Users;

/// <summary>Creates users and says what they may do. Opens its own scope per call, so hosts may keep it for as long as they like.</summary>
public sealed class UserAccounts(IServiceScopeFactory scopes, TimeProvider clock)
{
    /// <summary>Who a signed-in user is to the operations.</summary>
    public async Task<Result<Actor>> ActorAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        var user = await context.Users.AsNoTracking().SingleOrDefaultAsync(found => found.Id == userId, cancellationToken);
        if (user is null)
            return UserErrors.Unknown(userId.ToString());
        if (user.IsDeactivated)
            return UserErrors.Deactivated();
        var isAdmin = await context.UserRoles.AnyAsync(
            role => role.UserId == userId && context.Roles.Any(known => known.Id == role.RoleId && known.Name == Roles.Admin), cancellationToken);
        var teams = await context.TeamMembers.Where(member => member.UserId == userId).Select(member => member.TeamId).ToListAsync(cancellationToken);
        return Actor.ForUser(user.Id, user.DisplayName, isAdmin, teams);
    }

    public async Task<IReadOnlyList<UserSummary>> ListAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        return await Summaries(context, context.Users.OrderBy(user => user.Email)).ToListAsync(cancellationToken);
    }

    /// <summary>The user themselves.</summary>
    public async Task<Result<UserSummary>> FindAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        return await Summaries(context, context.Users.Where(user => user.Id == actor.UserId)).SingleOrDefaultAsync(cancellationToken) is { } found
            ? found
            : UserErrors.Unknown(actor.Name);
    }

    /// <summary>Creates the first admin when there is none.</summary>
    /// <returns>The one-time password, which nothing can show again; null when there is an admin already.</returns>
    public async Task<Result<NewUser?>> EnsureFirstAdminAsync(string email, CancellationToken cancellationToken)
    {
        await using (var scope = scopes.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            if ((await users.GetUsersInRoleAsync(Roles.Admin)).Count > 0)
                return Result.Success<NewUser?>(null);
        }

        var created = await CreateAsync(Actor.System("first start"), email, "Admin", isAdmin: true, password: null, cancellationToken);
        return created.IsSuccess ? Result.Success<NewUser?>(created.Value) : Result.Failure<NewUser?>(created.Errors);
    }

    /// <param name="password">Null: one is made up, shown once, and has to be changed at the first sign-in.</param>
    public async Task<Result<NewUser>> CreateAsync(Actor actor, string email, string displayName, bool isAdmin, string? password, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("create a user") is { } refusal)
            return refusal;
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var secret = password ?? OneTimePassword.Generate();
        var draft = new AccountDraft(email, displayName, isAdmin, secret) { MustChangePassword = password is null };
        var created = await AccountCreation.AddAsync(scope.ServiceProvider, actor, draft, clock.GetUtcNow(), cancellationToken);
        if (created.IsFailure)
            return Result.Failure<NewUser>(created.Errors);
        await transaction.CommitAsync(cancellationToken);
        return new NewUser(created.Value.Id, email, password is null ? secret : null);
    }

    /// <summary>Gives the user a new one-time password, for instance because they forgot theirs.</summary>
    public async Task<Result<NewUser>> ResetPasswordAsync(Actor actor, Guid userId, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("reset a password") is { } refusal)
            return refusal;
        var password = OneTimePassword.Generate();
        var changed = await ChangeAsync(actor, userId, "user.password_reset", async (users, user) =>
        {
            user.MustChangePassword = true;
            var removed = await users.RemovePasswordAsync(user);
            return removed.Succeeded ? await users.AddPasswordAsync(user, password) : removed;
        }, cancellationToken);
        return changed.IsSuccess ? new NewUser(userId, changed.Value.Email!, password) : Result.Failure<NewUser>(changed.Errors);
    }

    /// <summary>By the user themselves, for instance after the first sign-in.</summary>
    public async Task<Result> ChangePasswordAsync(Actor actor, string current, string next, CancellationToken cancellationToken) =>
        actor.UserId is not { } userId
            ? UserErrors.Unknown(actor.Name)
            : await ChangeAsync(actor, userId, "user.password_changed", async (users, user) =>
            {
                user.MustChangePassword = false;
                return await users.ChangePasswordAsync(user, current, next);
            }, cancellationToken);

    /// <summary>Ends all sessions of the user within a minute; whoever calls it may keep their own.</summary>
    public async Task<Result> EndSessionsAsync(Actor actor, CancellationToken cancellationToken) => actor.UserId is { } userId
        ? await ChangeAsync(actor, userId, "user.sessions_ended", (users, user) => users.UpdateSecurityStampAsync(user), cancellationToken)
        : UserErrors.Unknown(actor.Name);

    /// <summary>
    /// Nobody signs in as the user any more, and open sessions do nothing from now on. What they did stays theirs; keys belong to teams and go on.
    /// </summary>
    public async Task<Result> DeactivateAsync(Actor actor, Guid userId, string reason, CancellationToken cancellationToken) =>
        await GovernAsync(actor, userId, "deactivate", "user.deactivated", reason, async (users, user) =>
        {
            user.LockoutEnabled = true;
            user.LockoutEnd = User.Forever;
            return await users.UpdateSecurityStampAsync(user);
        }, cancellationToken);

    /// <summary>The user signs in again with the password from before.</summary>
    public async Task<Result> ReactivateAsync(Actor actor, Guid userId, string reason, CancellationToken cancellationToken) =>
        await GovernAsync(actor, userId, "reactivate", "user.reactivated", reason, (users, user) => users.SetLockoutEndDateAsync(user, null), cancellationToken);

    /// <summary>Makes an admin of a member, or a member of an admin. Sessions that are open have the new rights at once.</summary>
    public async Task<Result> SetAdminAsync(Actor actor, Guid userId, bool isAdmin, string reason, CancellationToken cancellationToken) =>
        await GovernAsync(actor, userId, "change the role of", isAdmin ? "user.made_admin" : "user.made_member", reason, async (users, user) =>
        {
            if (await users.IsInRoleAsync(user, Roles.Admin) == isAdmin)
                return IdentityResult.Success;
            var changed = isAdmin ? await users.AddToRoleAsync(user, Roles.Admin) : await users.RemoveFromRoleAsync(user, Roles.Admin);
            return changed.Succeeded ? await users.UpdateSecurityStampAsync(user) : changed;
        }, cancellationToken);

    /// <summary>What admins do to the accounts of others. Whatever it is, an admin who can sign in remains.</summary>
    private async Task<Result> GovernAsync(
        Actor actor, Guid userId, string what, string action, string reason, Func<UserManager<User>, User, Task<IdentityResult>> change, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin($"{what} an account") is { } refusal)
            return refusal;
        if (actor.UserId == userId)
            return UserErrors.OwnAccount(what);
        if (string.IsNullOrWhiteSpace(reason))
            return UserErrors.ReasonMissing();
        var changed = await ChangeAsync(actor, userId, action, change, cancellationToken, reason.Trim(), AnAdminRemainsAsync);
        return changed.IsSuccess ? Result.Success() : Result.Failure(changed.Errors);
    }

    private static async Task<Error?> AnAdminRemainsAsync(PlatformDbContext context, CancellationToken cancellationToken)
    {
        var forever = User.Forever;
        var admins = context.UserRoles.Where(role => context.Roles.Any(known => known.Id == role.RoleId && known.Name == Roles.Admin)).Select(role => role.UserId);
        return await context.Users.AnyAsync(user => admins.Contains(user.Id) && (user.LockoutEnd == null || user.LockoutEnd < forever), cancellationToken) ? null : UserErrors.LastAdmin();
    }

    private static IQueryable<UserSummary> Summaries(PlatformDbContext context, IQueryable<User> users) => users.AsNoTracking().Select(user => new UserSummary(
        user.Id,
        user.Email!,
        user.DisplayName,
        context.UserRoles.Any(role => role.UserId == user.Id && context.Roles.Any(known => known.Id == role.RoleId && known.Name == Roles.Admin)),
        context.TeamMembers.Where(member => member.UserId == user.Id).Select(member => member.Team!.Name).ToList())
    {
        HasTwoStep = user.TwoFactorEnabled,
        IsDeactivated = user.LockoutEnd != null && user.LockoutEnd >= User.Forever,
    });

    private async Task<Result<User>> ChangeAsync(
        Actor actor, Guid userId, string action, Func<UserManager<User>, User, Task<IdentityResult>> change, CancellationToken cancellationToken,
        string? reason = null, Func<PlatformDbContext, CancellationToken, Task<Error?>>? check = null)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var user = await context.Users.SingleOrDefaultAsync(found => found.Id == userId, cancellationToken);
        if (user is null)
            return UserErrors.Unknown(userId.ToString());
        var result = await change(users, user);
        if (!result.Succeeded)
            return Result.Failure<User>(UserErrors.Of(result));

        AuditTrail.Add(context, clock.GetUtcNow(), actor, action, nameof(User), userId, after: new { user.Email }, reason: reason);
        await context.SaveChangesAsync(cancellationToken);
        if (check is not null && await check(context, cancellationToken) is { } problem)
            return problem;
        await transaction.CommitAsync(cancellationToken);
        return user;
    }
}

/// <param name="OneTimePassword">Only here, never stored in the clear; null when the caller gave a password.</param>
public sealed record NewUser(Guid Id, string Email, string? OneTimePassword);

public sealed record UserSummary(Guid Id, string Email, string DisplayName, bool IsAdmin, IReadOnlyList<string> Teams)
{
    public bool HasTwoStep { get; init; }

    public bool IsDeactivated { get; init; }
}

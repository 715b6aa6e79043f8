using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;

namespace Platform.Domain.Users;

internal sealed record AccountDraft(string Email, string DisplayName, bool IsAdmin, string Password)
{
    public bool MustChangePassword { get; init; }
}

/// <summary>The one way in which accounts come into being, whoever asked for them. Call it inside the caller's transaction.</summary>
internal static class AccountCreation
{
    public const int LongestName = 128;

    /// <summary>The address is confirmed by whoever handed the account over: the platform sends no mail.</summary>
    /// <param name="services">A scope's: Identity's stores work on its context.</param>
    /// <param name="by">For the audit log; null when the new user created the account themselves.</param>
    /// <param name="draft">What the account is like.</param>
    /// <param name="now">For the audit log.</param>
    /// <param name="cancellationToken">Nothing is kept when it comes in time.</param>
    public static async Task<Result<User>> AddAsync(IServiceProvider services, Actor? by, AccountDraft draft, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var name = draft.DisplayName.Trim();
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
            return UserErrors.NameInvalid();

        await EnsureRolesAsync(services);
        var users = services.GetRequiredService<UserManager<User>>();
        var user = new User { UserName = draft.Email, Email = draft.Email, EmailConfirmed = true, DisplayName = name, MustChangePassword = draft.MustChangePassword };
        if (UserErrors.Of(await users.CreateAsync(user, draft.Password)) is { Count: > 0 } problems)
            return Result.Failure<User>(problems);
        if (UserErrors.Of(await users.AddToRoleAsync(user, draft.IsAdmin ? Roles.Admin : Roles.Member)) is { Count: > 0 } roleProblems)
            return Result.Failure<User>(roleProblems);

        var context = services.GetRequiredService<PlatformDbContext>();
        AuditTrail.Add(
            context, now, by ?? Actor.ForUser(user.Id, name, draft.IsAdmin, []), "user.created", nameof(User), user.Id,
            after: new { user.Email, user.DisplayName, draft.IsAdmin });
        await context.SaveChangesAsync(cancellationToken);
        return user;
    }

    private static async Task EnsureRolesAsync(IServiceProvider services)
    {
        var roles = services.GetRequiredService<RoleManager<IdentityRole<Guid>>>();
        foreach (var name in new[] { Roles.Admin, Roles.Member })
            if (!await roles.RoleExistsAsync(name))
                await roles.CreateAsync(new IdentityRole<Guid>(name) { Id = Guid.CreateVersion7() });
    }
}

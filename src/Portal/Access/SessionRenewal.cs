using Microsoft.AspNetCore.Identity;
using Platform.Domain.Persistence;
using Platform.Domain.Users;

namespace Platform.Portal.Access;

/// <summary>Keeps this one session when a change of password or second factor ends all others of its user.</summary>
public sealed class SessionRenewal(SignInManager<User> sessions, PlatformDbContext context)
{
    public async Task RenewAsync(Guid userId, CancellationToken cancellationToken)
    {
        if (await context.Users.FindAsync([userId], cancellationToken) is not { } user)
            return;

        // The request may have read the user before the change.
        await context.Entry(user).ReloadAsync(cancellationToken);
        await sessions.RefreshSignInAsync(user);
    }
}

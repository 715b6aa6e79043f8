using Microsoft.AspNetCore.Identity;

namespace Platform.Domain.Users;

public sealed class User : IdentityUser<Guid>
{
    public User() => Id = Guid.CreateVersion7();

    public required string DisplayName { get; set; }

    /// <summary>Locked until this moment is locked by an admin.</summary>
    public static DateTimeOffset Forever { get; } = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>An admin closed the account: nobody signs in to it, by whatever way.</summary>
    public bool IsDeactivated => LockoutEnd >= Forever;

    /// <summary>The password was generated for them: the portal asks for a new one at the next sign-in.</summary>
    public bool MustChangePassword { get; set; }
}

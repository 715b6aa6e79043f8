using Microsoft.AspNetCore.Identity;

namespace Platform.Domain.Users;

public sealed class User : IdentityUser<Guid>
{
    public User() => Id = Guid.CreateVersion7();

    public required string DisplayName { get; set; }

    /// <summary>The password was generated for them: the portal asks for a new one at the next sign-in.</summary>
    public bool MustChangePassword { get; set; }
}

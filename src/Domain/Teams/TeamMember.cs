using Platform.Domain.Users;

namespace Platform.Domain.Teams;

public sealed class TeamMember
{
    public required Guid TeamId { get; init; }

    public required Guid UserId { get; init; }

    public Team? Team { get; init; }

    public User? User { get; init; }
}

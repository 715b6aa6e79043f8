namespace Platform.Domain.Invitations;

public enum InvitationStatus
{
    Open,
    Accepted,
    Revoked,
    Expired,
}

/// <summary>An account that waits for its user: whoever has the link chooses name and password. The token in the link is never stored.</summary>
public sealed class Invitation
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>What the new user will sign in with.</summary>
    public required string Email { get; init; }

    public required bool IsAdmin { get; init; }

    /// <summary>Whom the new user joins; null for no team.</summary>
    public Guid? TeamId { get; init; }

    public Teams.Team? Team { get; init; }

    /// <summary>SHA-256 of the token. The token has 256 random bits, so a slow hash would add nothing.</summary>
    public required byte[] TokenHash { get; init; }

    /// <summary>Null when the platform invited on its own.</summary>
    public Guid? CreatedById { get; init; }

    public required string CreatedByName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Exclusive.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? AcceptedAt { get; set; }

    /// <summary>The account that it became.</summary>
    public Guid? UserId { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    public InvitationStatus StatusAt(DateTimeOffset now) =>
        AcceptedAt is not null ? InvitationStatus.Accepted
        : RevokedAt is not null ? InvitationStatus.Revoked
        : ExpiresAt <= now ? InvitationStatus.Expired
        : InvitationStatus.Open;
}

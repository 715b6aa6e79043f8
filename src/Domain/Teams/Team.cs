namespace Platform.Domain.Teams;

/// <summary>A product team: owns tasks, keys and the costs of both.</summary>
public sealed class Team
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>Unique slug, used in commands and configuration.</summary>
    public required string Name { get; init; }

    public required string DisplayName { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public List<TeamMember> Members { get; } = [];
}

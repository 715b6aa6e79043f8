namespace Platform.Domain.Organisations;

/// <summary>Whom this platform serves, and how far its first admin came in setting it up: one row, made when that begins.</summary>
public sealed class Organisation
{
    public const int OnlyId = 1;

    public const int LongestName = 80;

    public int Id { get; init; } = OnlyId;

    /// <summary>Empty until somebody says it.</summary>
    public required string Name { get; set; }

    public required DateTimeOffset SetupBeganAt { get; init; }

    /// <summary>Finished or skipped: the guide is not shown again.</summary>
    public DateTimeOffset? SetupEndedAt { get; set; }
}

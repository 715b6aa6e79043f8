namespace Platform.Domain.Usage;

/// <summary>One Api process serving one deployment: how long it was up, how long it was busy, how much memory it held.</summary>
public sealed class EngineSession
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid DeploymentId { get; init; }

    public required string Host { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset LastSeenAt { get; set; }

    public long BusyMicroseconds { get; set; }

    public long ResidentBytes { get; set; }
}

namespace Platform.Domain.Audit;

/// <summary>Who changed what, when and why. The context refuses to change or delete one.</summary>
public sealed class AuditEntry
{
    public long Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null when the platform acted on its own.</summary>
    public Guid? ActorId { get; init; }

    public required string ActorName { get; init; }

    /// <summary>Such as <c>deployment.approved</c>.</summary>
    public required string Action { get; init; }

    public required string EntityType { get; init; }

    public required string EntityId { get; init; }

    public string? BeforeJson { get; init; }

    public string? AfterJson { get; init; }

    public string? Reason { get; init; }
}

namespace Platform.Domain.Runs;

/// <summary>A line of a run's log.</summary>
public sealed class RunEvent
{
    public long Id { get; init; }

    public required Guid RunId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required RunEventSeverity Severity { get; init; }

    public required string Message { get; init; }
}

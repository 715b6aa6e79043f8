using Platform.Domain.Tasks;

namespace Platform.Domain.Deployments;

/// <summary>One task rolled back: it is answered by an earlier deployment whatever is live, until the pin is lifted.</summary>
public sealed class TaskPin
{
    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public required Guid DeploymentId { get; init; }

    public Deployment? Deployment { get; init; }

    public required string PinnedByName { get; init; }

    public required DateTimeOffset PinnedAt { get; init; }

    public required string Reason { get; init; }
}

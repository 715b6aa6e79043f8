using Platform.Domain.Tasks;

namespace Platform.Domain.Deployments;

/// <summary>What the owning team says to its task's line in a deployment request. It may change its mind until the request is decided.</summary>
public sealed class TaskSignOff
{
    public required Guid DeploymentId { get; init; }

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public bool IsAccepted { get; private set; }

    public string? Reason { get; private set; }

    public Guid? SignedById { get; private set; }

    public string SignedByName { get; private set; } = "";

    public DateTimeOffset SignedAt { get; private set; }

    internal void Sign(bool isAccepted, string? reason, Guid? byId, string byName, DateTimeOffset at) =>
        (IsAccepted, Reason, SignedById, SignedByName, SignedAt) = (isAccepted, reason, byId, byName, at);
}

public enum SignOffStatus
{
    /// <summary>The team has not spoken yet.</summary>
    Waiting,
    Accepted,
    Declined,

    /// <summary>The owning team has no member who could sign.</summary>
    NobodyToAsk,
}

/// <param name="SignOff">Null while nobody signed.</param>
public sealed record SignOffLine(TaskDefinition Task, SignOffStatus Status, TaskSignOff? SignOff)
{
    /// <summary>Whether approving goes against the team, or without it.</summary>
    public bool IsMissing => Status is SignOffStatus.Waiting or SignOffStatus.Declined;
}

using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Runs.Filtering;

public enum ContestStatus
{
    /// <summary>Waits for an admin.</summary>
    Open,

    /// <summary>An admin agreed: the task is treated as the team wants.</summary>
    Accepted,
    Declined,
}

/// <summary>A team that does not agree with what was decided on its task in a run. What was said is never changed.</summary>
public sealed class FilterContest
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid RunId { get; init; }

    public FineTuningRun? Run { get; init; }

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    /// <summary>What was decided when the team contested it.</summary>
    public required TaskDecision Found { get; init; }

    /// <summary>The opposite of it.</summary>
    public required TaskDecision Wanted { get; init; }

    public required string Reason { get; init; }

    public Guid? ContestedById { get; init; }

    public required string ContestedByName { get; init; }

    public required DateTimeOffset ContestedAt { get; init; }

    public ContestStatus Status { get; private set; } = ContestStatus.Open;

    public string? DecidedByName { get; private set; }

    public DateTimeOffset? DecidedAt { get; private set; }

    public string? DecisionReason { get; private set; }

    /// <summary>The run in which it took effect: its own, where no stage had begun, else the next one with the task. Null until then.</summary>
    public Guid? AppliedRunId { get; private set; }

    /// <summary>Accepted, and waits for a run to take effect in.</summary>
    public bool IsStanding => Status == ContestStatus.Accepted && AppliedRunId is null;

    internal void Decide(bool accept, Actor admin, string reason, DateTimeOffset at)
    {
        if (Status != ContestStatus.Open)
            throw new InvalidOperationException($"The contest is {Status} already.");
        (Status, DecidedByName, DecidedAt, DecisionReason) = (accept ? ContestStatus.Accepted : ContestStatus.Declined, admin.Name, at, reason);
    }

    internal void Apply(Guid runId) => AppliedRunId = runId;
}

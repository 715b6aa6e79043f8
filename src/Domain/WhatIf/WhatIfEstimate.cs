using System.Linq.Expressions;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Runs;
using Platform.Domain.Tasks;

namespace Platform.Domain.WhatIf;

public enum WhatIfStatus
{
    Queued,
    Running,
    Done,
    Failed,
}

/// <summary>A question that a team asks before its task joins: what would it do to itself and to its neighbours?</summary>
public sealed class WhatIfEstimate : IClaimable<WhatIfEstimate>
{
    public static Expression<Func<WhatIfEstimate, bool>> HasWork { get; } =
        estimate => estimate.Status == WhatIfStatus.Queued || estimate.Status == WhatIfStatus.Running;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public required Guid DatasetVersionId { get; init; }

    public DatasetVersion? DatasetVersion { get; init; }

    /// <summary>The run whose probe it is answered from.</summary>
    public required Guid RunId { get; init; }

    public FineTuningRun? Run { get; init; }

    public WhatIfStatus Status { get; private set; } = WhatIfStatus.Queued;

    public required string RequestedByName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>See <see cref="WhatIfAnswer"/>.</summary>
    public string? ResultJson { get; private set; }

    /// <summary>Why there is no answer, in one sentence.</summary>
    public string? Error { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public bool IsOver => Status is WhatIfStatus.Done or WhatIfStatus.Failed;

    /// <summary>Safe to repeat: one that died starts again.</summary>
    public void Start(DateTimeOffset at)
    {
        RequireOpen();
        Status = WhatIfStatus.Running;
        StartedAt ??= at;
    }

    public void Complete(string resultJson, DateTimeOffset at)
    {
        RequireOpen();
        (Status, ResultJson, EndedAt) = (WhatIfStatus.Done, resultJson, at);
        LetGo();
    }

    public void Fail(string error, DateTimeOffset at)
    {
        RequireOpen();
        (Status, Error, EndedAt) = (WhatIfStatus.Failed, error, at);
        LetGo();
    }

    private void LetGo() => (ClaimOwner, HeartbeatAt) = (null, null);

    private void RequireOpen()
    {
        if (IsOver)
            throw new InvalidOperationException($"The estimate is over ({Status}).");
    }
}

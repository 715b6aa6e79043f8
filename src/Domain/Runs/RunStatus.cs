namespace Platform.Domain.Runs;

public enum RunStatus
{
    Queued,
    Running,
    Cancelling,
    Cancelled,
    Succeeded,
    Failed,

    /// <summary>Stops at the next update, with a checkpoint.</summary>
    Pausing,

    /// <summary>Nobody works on it until it is resumed.</summary>
    Paused,
}

public enum RunStepKind
{
    CheckData,
    Baseline,
    Probe,
    Stage0,
    Stage2,
    Stage3,
    Adapter,
    Evaluate,
    Register,
}

public enum RunStepStatus
{
    Pending,
    Running,
    Done,
    Failed,
}

/// <summary>The filter's verdict on a task.</summary>
public enum TaskDecision
{
    Pending,
    Kept,
    Isolated,
}

/// <summary>What answers a task's requests: the shared weights, or the task's own adapter on them.</summary>
public enum ServedBy
{
    Shared,
    Adapter,
}

public enum RunEventSeverity
{
    Note,
    Warning,
    Error,
}

namespace Platform.Domain.Runs;

/// <summary>A resumable part of a run. A step that is Done is never done again.</summary>
public sealed class RunStep
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid RunId { get; init; }

    public required int Ordinal { get; init; }

    public required RunStepKind Kind { get; init; }

    /// <summary>Set for steps that concern one task (Baseline, Adapter).</summary>
    public Guid? TaskId { get; init; }

    public RunStepStatus Status { get; private set; } = RunStepStatus.Pending;

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    public long ExamplesDone { get; private set; }

    public long ExamplesTotal { get; private set; }

    public long TokensDone { get; private set; }

    public long DeviceMicroseconds { get; private set; }

    public double? Loss { get; private set; }

    public double? ExamplesPerSecond { get; private set; }

    public double? EtaSeconds { get; private set; }

    /// <summary>What the step leaves for later ones, such as a checkpoint's place; its shape is the step's own.</summary>
    public string? ResultJson { get; private set; }

    public string? Error { get; private set; }

    /// <summary>0 to 1; null while the total is not known.</summary>
    public double? Progress => ExamplesTotal > 0 ? Math.Min(1, (double)ExamplesDone / ExamplesTotal) : null;

    /// <summary>All its rows are through, and it is still at work: on what is not counted in rows, such as the estimates of a probe or storing a model.</summary>
    public bool IsFinishing => Status == RunStepStatus.Running && Progress == 1;

    /// <summary>Pending, Running (resumed after a crash) or Failed (tried again) → Running.</summary>
    public void Start(DateTimeOffset at)
    {
        if (Status == RunStepStatus.Done)
            throw new InvalidOperationException($"Step {Ordinal} ({Kind}) is done; a done step is never done again.");
        Status = RunStepStatus.Running;
        StartedAt ??= at;
        Error = null;
        EndedAt = null;
    }

    /// <summary>What the step will go through; changes nothing once it has started.</summary>
    public void Plan(long examplesTotal)
    {
        if (Status == RunStepStatus.Pending)
            ExamplesTotal = examplesTotal;
    }

    public void Report(StepProgress progress)
    {
        RequireRunning();
        ExamplesDone = progress.ExamplesDone;
        ExamplesTotal = progress.ExamplesTotal;
        TokensDone = progress.TokensDone;
        DeviceMicroseconds = progress.DeviceMicroseconds;
        Loss = progress.Loss ?? Loss;
        ExamplesPerSecond = progress.ExamplesPerSecond ?? ExamplesPerSecond;
        EtaSeconds = progress.EtaSeconds;
    }

    public void Complete(string? resultJson, DateTimeOffset at)
    {
        RequireRunning();
        Status = RunStepStatus.Done;
        ResultJson = resultJson;
        EndedAt = at;
        EtaSeconds = null;
    }

    public void Fail(string error, DateTimeOffset at)
    {
        RequireRunning();
        Status = RunStepStatus.Failed;
        Error = error;
        EndedAt = at;
        EtaSeconds = null;
    }

    private void RequireRunning()
    {
        if (Status != RunStepStatus.Running)
            throw new InvalidOperationException($"Step {Ordinal} ({Kind}) is {Status}; start it first.");
    }
}

/// <summary>A step's measured progress so far. All counts are totals since the step first started.</summary>
public sealed record StepProgress(
    long ExamplesDone,
    long ExamplesTotal,
    long TokensDone,
    long DeviceMicroseconds,
    double? Loss,
    double? ExamplesPerSecond,
    double? EtaSeconds);

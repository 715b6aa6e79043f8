namespace Platform.Domain.Runs;

/// <summary>One point of a curve.</summary>
public sealed class RunMetric
{
    public long Id { get; init; }

    public required Guid RunId { get; init; }

    public required Guid StepId { get; init; }

    /// <summary>Null for a curve over the whole mixture.</summary>
    public Guid? TaskId { get; init; }

    /// <summary>Such as <c>train_loss</c>, <c>validation_loss</c> or <c>validation_score</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Examples seen in the step when it was measured: the curve's x axis.</summary>
    public required long Examples { get; init; }

    public required double Value { get; init; }

    public required DateTimeOffset At { get; init; }
}

namespace Platform.Domain.Runs;

/// <summary>A task's own dedicated model, measured once and used by every later run with the same data, base model and recipe.</summary>
public sealed class BaselineResult
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TaskId { get; init; }

    public required Guid DatasetVersionId { get; init; }

    public required string BaseModelHash { get; init; }

    public required string RecipeHash { get; init; }

    public required double ValidationScore { get; init; }

    public required double TestScore { get; init; }

    /// <summary>The test predictions inside the artifact store, for the paired comparison.</summary>
    public required string PredictionsPath { get; init; }

    public required long DeviceMicroseconds { get; init; }

    public required long Tokens { get; init; }

    public required long Examples { get; init; }

    public long? PeakBytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

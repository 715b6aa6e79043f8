namespace Platform.Domain.Savings;

/// <summary>A measured comparison of a model version's shared server with dedicated ones, as it was stored.</summary>
public sealed class SavingMeasurement
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ModelVersionId { get; init; }

    public required DateTimeOffset MeasuredAt { get; init; }

    public required string MeasuredByName { get; init; }

    /// <summary>A <see cref="SavingReport"/>.</summary>
    public required string ReportJson { get; init; }
}

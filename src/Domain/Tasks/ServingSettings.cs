namespace Platform.Domain.Tasks;

/// <summary>What of a task acts in serving without a deployment.</summary>
/// <param name="AbstainBelow">The best label's probability that an answer needs; null for none.</param>
public sealed record ServingSettings(Guid TaskId, double? AbstainBelow, LatencyClass LatencyClass);

namespace Platform.Domain.Runs.Filtering;

/// <summary>A measured value with the ends of its interval. As an effect: a change of validation loss as a share of it; above 0 it hurts.</summary>
public sealed record Effect(double Value, double Low, double High)
{
    /// <summary>Whether the interval leaves out zero.</summary>
    public bool IsProven => Low > 0 || High < 0;
}

/// <summary>Which tasks help and which hurt each other in the mixture. The engine measures it; this reads what a run stored.</summary>
/// <param name="Method">Name of the filter strategy that found it.</param>
/// <param name="Meaning">What an effect is, in one sentence.</param>
/// <param name="Tasks">Names, in the order of all lists.</param>
/// <param name="Examples">Examples of each task in the probe.</param>
/// <param name="Rows">Validation rows that the effects on each task were measured on.</param>
/// <param name="Confidence">Of the intervals, such as 0.95.</param>
/// <param name="Effects">Effects[i][j]: of task i on task j; null where i is j.</param>
/// <param name="Others">The effect of all other tasks together on each; null where it was not measured.</param>
public sealed record CompatibilityMap(
    string Method,
    string Meaning,
    IReadOnlyList<string> Tasks,
    IReadOnlyList<long> Examples,
    IReadOnlyList<int> Rows,
    double Confidence,
    IReadOnlyList<IReadOnlyList<Effect?>> Effects,
    IReadOnlyList<Effect?> Others);

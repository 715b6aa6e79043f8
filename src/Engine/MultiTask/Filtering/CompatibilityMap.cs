using Platform.Engine.Evaluation;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>Who helps and who hurts whom. An effect is a change of validation loss as a share of it; above 0 it hurts.</summary>
public sealed record CompatibilityMap
{
    /// <summary>How it was found, for instance <c>leaveOneOut</c>.</summary>
    public required string Method { get; init; }

    /// <summary>What an effect is, in one sentence.</summary>
    public required string Meaning { get; init; }

    /// <summary>The tasks in the order of all lists.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Examples of each task that the probe trained on.</summary>
    public required IReadOnlyList<long> Examples { get; init; }

    /// <summary>Validation rows of each task that the effects on it were measured on.</summary>
    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>Of the intervals.</summary>
    public required double Confidence { get; init; }

    /// <summary>Effects[i][j] is the effect of task i on task j, with its interval; null where i is j.</summary>
    public required IReadOnlyList<IReadOnlyList<Interval?>> Effects { get; init; }

    /// <summary>The effect of all other tasks together on each: the mixture against training alone; null where it was not measured.</summary>
    public required IReadOnlyList<Interval?> Others { get; init; }
}

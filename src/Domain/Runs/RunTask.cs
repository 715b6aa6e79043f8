using Platform.Domain.Datasets;
using Platform.Domain.Tasks;

namespace Platform.Domain.Runs;

/// <summary>A task's part in a run: its data, the filter's decision and how it ended.</summary>
public sealed class RunTask
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid RunId { get; init; }

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public required Guid DatasetVersionId { get; init; }

    public DatasetVersion? DatasetVersion { get; init; }

    public required long TrainRows { get; init; }

    public required long TestRows { get; init; }

    /// <summary>Its data's <see cref="DatasetVersion.AnswerBits"/> when the run was planned.</summary>
    public double? AnswerBits { get; init; }

    /// <summary>Takes part in stage 2; null until it was decided.</summary>
    public bool? HighResource { get; set; }

    public TaskDecision Decision { get; private set; } = TaskDecision.Pending;

    /// <summary>One plain sentence.</summary>
    public string? Reason { get; private set; }

    public string? EvidenceJson { get; private set; }

    /// <summary>Who decided in the filter's place: a person, or the recipe; null for the filter itself.</summary>
    public string? DecidedByName { get; private set; }

    public double? SingleScore { get; set; }

    public double? MultiScore { get; private set; }

    /// <summary>95 % interval of <see cref="MultiScore"/>.</summary>
    public double? Low { get; private set; }

    public double? High { get; private set; }

    /// <summary>95 % interval of the shared model's score minus the single-task score, paired.</summary>
    public double? DifferenceLow { get; private set; }

    public double? DifferenceHigh { get; private set; }

    public ServedBy? ServedBy { get; private set; }

    /// <summary>The filter's decision. Where somebody decided before, only the evidence is kept.</summary>
    public void Decide(TaskDecision decision, string reason, string? evidenceJson)
    {
        RequireDecision(decision);
        EvidenceJson = evidenceJson;
        if (DecidedByName is not null)
            return;
        Decision = decision;
        Reason = reason;
    }

    /// <summary>A decision in the filter's place, which it will not change any more.</summary>
    /// <param name="why">Said by whoever decided.</param>
    /// <param name="byName">A person's name, or "the recipe".</param>
    public void Override(TaskDecision decision, string why, string byName)
    {
        RequireDecision(decision);
        Decision = decision;
        Reason = $"{decision} by {byName}: {why}";
        DecidedByName = byName;
    }

    private static void RequireDecision(TaskDecision decision)
    {
        if (decision == TaskDecision.Pending)
            throw new ArgumentException("A decision is Kept or Isolated.", nameof(decision));
    }

    public void Score(RunTaskScores scores)
    {
        SingleScore = scores.SingleScore ?? SingleScore;
        MultiScore = scores.MultiScore;
        Low = scores.Low;
        High = scores.High;
        DifferenceLow = scores.DifferenceLow;
        DifferenceHigh = scores.DifferenceHigh;
        ServedBy = scores.ServedBy;
    }
}

/// <summary>A task's final scores in a run; intervals are 95 %.</summary>
public sealed record RunTaskScores(
    double? SingleScore,
    double MultiScore,
    double Low,
    double High,
    double? DifferenceLow,
    double? DifferenceHigh,
    ServedBy ServedBy);

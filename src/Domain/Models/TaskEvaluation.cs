using Platform.Domain.Runs;
using Platform.Domain.Tasks;

namespace Platform.Domain.Models;

public enum GateVerdict
{
    Pass,
    Fail,
    NotEnoughRows,
}

/// <summary>One task's result on the locked test split, and the gate's verdict on it. Intervals are 95 %.</summary>
public sealed class TaskEvaluation
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ModelVersionId { get; init; }

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public required string Metric { get; init; }

    public required double Score { get; init; }

    public required double Low { get; init; }

    public required double High { get; init; }

    public double? SingleScore { get; init; }

    /// <summary>Interval of <see cref="Score"/> minus <see cref="SingleScore"/>, from the paired bootstrap.</summary>
    public double? DifferenceLow { get; init; }

    public double? DifferenceHigh { get; init; }

    public required long TestRows { get; init; }

    public required ServedBy ServedBy { get; init; }

    public required GateVerdict Verdict { get; init; }

    /// <summary>The verdict in one plain sentence.</summary>
    public required string Sentence { get; init; }

    /// <summary>What the shared model answered to the test rows, inside the artifact store. Null for versions from before it was kept.</summary>
    public string? PredictionsPath { get; init; }

    /// <summary>The same of the dedicated model.</summary>
    public string? SinglePredictionsPath { get; init; }

    /// <summary>What the labels' log-probabilities are divided by so that scores are as often right as they say. Null where none was fitted.</summary>
    public double? Temperature { get; init; }

    /// <summary>The evaluation report inside the artifact store.</summary>
    public string? ReportPath { get; init; }

    public string? ReportSha256 { get; init; }

    /// <summary>The probability of a difference at least as large were the dedicated model equally good; of this task alone.</summary>
    public double? PValue { get; init; }

    /// <summary>The same after Holm's correction for all tasks of the version.</summary>
    public double? AdjustedPValue { get; init; }

    /// <summary><see cref="Score"/> minus <see cref="SingleScore"/>.</summary>
    public double? Difference => Score - SingleScore;
}

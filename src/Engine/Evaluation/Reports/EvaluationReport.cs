using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Evaluation.Comparisons;

namespace Platform.Engine.Evaluation.Reports;

/// <summary>
/// All that a test split says about a model on one task. Made from stored answers alone: the same answers give the same report, on
/// every system.
/// </summary>
public sealed record EvaluationReport
{
    /// <summary>Version of this layout.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>Its kind.</summary>
    public required string Kind { get; init; }

    /// <summary>Its metric.</summary>
    public required string Metric { get; init; }

    /// <summary>Test rows that were answered.</summary>
    public required int Rows { get; init; }

    /// <summary>What somebody who reads only one thing must read: first the gravest.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The score and its 95 % interval.</summary>
    public required Interval Score { get; init; }

    /// <summary>The dedicated model's score and interval; null without one.</summary>
    public Interval? SingleScore { get; init; }

    /// <summary>How certain the test split is, and how many rows would do.</summary>
    public required Certainty Certainty { get; init; }

    /// <summary>Against the dedicated model first, then against earlier model versions, the newest first.</summary>
    public required IReadOnlyList<ModelComparison> Comparisons { get; init; }

    /// <summary>Each label, or each type of span, in the task's order; empty for free text and numbers.</summary>
    public required IReadOnlyList<LabelFigures> Labels { get; init; }

    /// <summary>Which label was answered for which, most rows first; only for tasks with one label per row.</summary>
    public required IReadOnlyList<ConfusionCell> Confusion { get; init; }

    /// <summary>How far scores can be believed; null for tasks without probabilities.</summary>
    public CalibrationFigures? Calibration { get; init; }

    /// <summary>How many rows were not answered as expected.</summary>
    public required int WrongRows { get; init; }

    /// <summary>
    /// The wrong rows, at most <see cref="EvaluationReports.WrongExamplesMax"/>: of tasks with labels those first that the model was
    /// surest of, else those first that it answered worst.
    /// </summary>
    public required IReadOnlyList<WrongExample> WrongExamples { get; init; }
}

/// <summary>What the size of a test split allows to say.</summary>
/// <param name="Tolerance">How much the task may lose, in the metric's unit: the certainty that is wished.</param>
/// <param name="HalfWidth">Half the 95 % interval of the difference from the dedicated model; of the score without one.</param>
/// <param name="RowsWanted">About how many test rows would bring the half width down to the tolerance; null where that cannot be told.</param>
/// <param name="IsEnough">Whether the split is large enough.</param>
public sealed record Certainty(double Tolerance, double HalfWidth, long? RowsWanted, bool IsEnough);

/// <summary>How one label or type of span did.</summary>
/// <param name="Label">The label.</param>
/// <param name="Support">How often it is expected.</param>
/// <param name="Answered">How often it was answered.</param>
/// <param name="Right">How often both.</param>
/// <param name="Precision">Right / answered; 0 where it was never answered.</param>
/// <param name="Recall">Right / expected; 0 where it is never expected.</param>
/// <param name="F1">Their harmonic mean.</param>
public sealed record LabelFigures(string Label, int Support, int Answered, int Right, double Precision, double Recall, double F1);

/// <summary>How often one label was answered where another, or the same, was expected.</summary>
/// <param name="Expected">The row's label.</param>
/// <param name="Answered">The model's.</param>
/// <param name="Rows">How many rows.</param>
public sealed record ConfusionCell(string Expected, string Answered, int Rows);

/// <summary>Before and after the temperature, on the test rows.</summary>
/// <param name="Temperature">The temperature in use; null when none was fitted.</param>
/// <param name="ValidationRows">Rows that it was fitted on.</param>
/// <param name="Sentence">What the fit found.</param>
/// <param name="Before">As the model gave the probabilities.</param>
/// <param name="After">At the temperature; null when none was fitted.</param>
/// <param name="SingleAfter">The dedicated model's, at its own temperature; null where it is not known.</param>
public sealed record CalibrationFigures(
    double? Temperature, int ValidationRows, string Sentence, Reliability Before, Reliability? After, Reliability? SingleAfter);

/// <summary>A row that was not answered as expected. Long texts are cut.</summary>
/// <param name="Id">The row's id.</param>
/// <param name="Input">Its text.</param>
/// <param name="Input2">The second text of pair tasks, or null.</param>
/// <param name="Expected">What it expects.</param>
/// <param name="Answered">What the model answered.</param>
/// <param name="Score">How sure the model was, at the temperature.</param>
/// <param name="ExpectedScore">What it gave the expected label; null for generated answers.</param>
/// <param name="RowScore">The metric on this row alone; for numbers, minus the distance; null where there is none.</param>
/// <param name="SingleAnswered">What the dedicated model answered; null where it is not known.</param>
public sealed record WrongExample(
    string Id, string Input, string? Input2, string Expected, string Answered, double? Score, double? ExpectedScore, double? RowScore, string? SingleAnswered);

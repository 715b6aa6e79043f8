namespace Platform.Domain.Models.Reports;

/// <summary>
/// A task's evaluation report as the engine makes it and Jobs stores it (report.json); what each field means is said on the engine's
/// records of the same names. Fields that a later format adds are passed over.
/// </summary>
public sealed record EvaluationReport
{
    public required int Format { get; init; }

    public required string Task { get; init; }

    public required string Kind { get; init; }

    public required string Metric { get; init; }

    public required int Rows { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required ScoreInterval Score { get; init; }

    public ScoreInterval? SingleScore { get; init; }

    public required Certainty Certainty { get; init; }

    public required IReadOnlyList<ModelComparison> Comparisons { get; init; }

    public required IReadOnlyList<LabelFigures> Labels { get; init; }

    public required IReadOnlyList<ConfusionCell> Confusion { get; init; }

    public CalibrationFigures? Calibration { get; init; }

    public required int WrongRows { get; init; }

    public required IReadOnlyList<WrongExample> WrongExamples { get; init; }

    /// <summary>The comparison with the dedicated model, where there is one.</summary>
    public ModelComparison? AgainstSingle => Comparisons.FirstOrDefault(one => one.Against == "single-task");

    public ModelComparison? AgainstVersion(int number) => Comparisons.FirstOrDefault(one => one.Against == $"version {number}");
}

public sealed record ScoreInterval(double Value, double Low, double High);

public sealed record Certainty(double Tolerance, double HalfWidth, long? RowsWanted, bool IsEnough);

public sealed record ModelComparison(
    string Against, int Rows, double Score, double OtherScore, ScoreInterval Difference, string Test, double PValue, double? AdjustedPValue, int BetterRows, int WorseRows)
{
    /// <summary>The same seen from the other side.</summary>
    public ModelComparison Reversed(string against) => this with
    {
        Against = against,
        Score = OtherScore,
        OtherScore = Score,
        Difference = new ScoreInterval(-Difference.Value, -Difference.High, -Difference.Low),
        BetterRows = WorseRows,
        WorseRows = BetterRows,
    };
}

public sealed record LabelFigures(string Label, int Support, int Answered, int Right, double Precision, double Recall, double F1);

public sealed record ConfusionCell(string Expected, string Answered, int Rows);

public sealed record CalibrationFigures(
    double? Temperature, int ValidationRows, string Sentence, Reliability Before, Reliability? After, Reliability? SingleAfter)
{
    /// <summary>As the scores are served.</summary>
    public Reliability Served => After ?? Before;
}

public sealed record Reliability(
    int Rows, double ExpectedCalibrationError, double Brier, double LogLoss, double MeanScore, double RightShare, IReadOnlyList<ReliabilityBin> Bins);

public sealed record ReliabilityBin(double From, double To, int Rows, double MeanScore, double RightShare);

public sealed record WrongExample(
    string Id, string Input, string? Input2, string Expected, string Answered, double? Score, double? ExpectedScore, double? RowScore, string? SingleAnswered);

using Platform.Engine.Generation;

namespace Platform.Engine.Evaluation.Calibration;

/// <summary>Rows whose scores lie close together.</summary>
/// <param name="From">Lowest score of the bin.</param>
/// <param name="To">Highest.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="MeanScore">What the scores promise; 0 in an empty bin.</param>
/// <param name="RightShare">How often the answers are right; 0 in an empty bin.</param>
public sealed record ReliabilityBin(double From, double To, int Rows, double MeanScore, double RightShare);

/// <summary>How far scores can be believed.</summary>
/// <param name="Rows">Rows with probabilities.</param>
/// <param name="ExpectedCalibrationError">
/// The mean distance between what scores promise and how often they hold, over 15 bins of equal width, weighted by rows (Naeini et
/// al., AAAI 2015; Guo et al., ICML 2017).
/// </param>
/// <param name="Brier">The mean over rows of the squared distance between the probabilities and the truth (Brier 1950): 0 to 2.</param>
/// <param name="LogLoss">The mean negative log-likelihood of the expected label, nats.</param>
/// <param name="MeanScore">Mean score of the answers.</param>
/// <param name="RightShare">Share of right answers.</param>
/// <param name="Bins">The bins, lowest first.</param>
public sealed record Reliability(
    int Rows, double ExpectedCalibrationError, double Brier, double LogLoss, double MeanScore, double RightShare, IReadOnlyList<ReliabilityBin> Bins)
{
    /// <summary>Bins of equal width from 0 to 1.</summary>
    public const int BinCount = 15;

    /// <summary>Measures answers that have probabilities.</summary>
    /// <param name="rows">The answers, as the model gave them.</param>
    /// <param name="labels">The task's labels, in the order of the rows' probabilities.</param>
    /// <param name="temperature">Applied first.</param>
    /// <returns>Null when no row has probabilities.</returns>
    public static Reliability? Measure(IReadOnlyList<Prediction> rows, IReadOnlyList<string> labels, double temperature = 1)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(labels);
        var known = LabelledRow.Of(rows, labels, temperature).ToList();
        if (known.Count == 0)
            return null;

        var counts = new int[BinCount];
        var scores = new double[BinCount];
        var right = new double[BinCount];
        double brier = 0, logLoss = 0;
        foreach (var row in known)
        {
            var score = row.Answered >= 0 ? row.Probabilities[row.Answered] : 0;
            // As in the papers a bin holds its upper end: (0, 1/15], (1/15, 2/15], ...
            var bin = Math.Clamp((int)Math.Ceiling((score * BinCount) - 1e-12) - 1, 0, BinCount - 1);
            counts[bin]++;
            scores[bin] += score;
            right[bin] += row.Answered >= 0 && row.Answered == row.Expected ? 1 : 0;
            brier += row.Probabilities.Select((one, label) => Math.Pow(one - (label == row.Expected ? 1 : 0), 2)).Sum() + (row.Expected < 0 ? 1 : 0);
            logLoss -= Math.Log(Math.Max(row.Expected < 0 ? 0 : row.Probabilities[row.Expected], LabelTemperature.Least));
        }

        double all = known.Count;
        return new Reliability(
            known.Count, counts.Select((_, bin) => Math.Abs(scores[bin] - right[bin])).Sum() / all, brier / all, logLoss / all, scores.Sum() / all, right.Sum() / all,
            [.. counts.Select((count, bin) => new ReliabilityBin(
                (double)bin / BinCount, (bin + 1.0) / BinCount, count, count == 0 ? 0 : scores[bin] / count, count == 0 ? 0 : right[bin] / count))]);
    }
}

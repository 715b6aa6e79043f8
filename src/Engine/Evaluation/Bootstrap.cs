using Platform.Engine.Training;

namespace Platform.Engine.Evaluation;

/// <summary>A measured value and the interval that holds the true one with the stated confidence.</summary>
/// <param name="Value">The value over all rows.</param>
/// <param name="Low">The interval's lower end.</param>
/// <param name="High">The interval's upper end.</param>
public sealed record Interval(double Value, double Low, double High);

/// <summary>
/// Intervals by resampling test rows with replacement (Efron and Tibshirani 1993; for comparing two systems on the same rows,
/// Koehn, EMNLP 2004): the percentile method, ends interpolated as NumPy's quantile does. The same seed gives the same
/// interval on every system.
/// </summary>
public static class Bootstrap
{
    /// <summary>The metric's value over the predictions, with its interval.</summary>
    /// <param name="metric">What to measure.</param>
    /// <param name="predictions">At least one row.</param>
    /// <param name="resamples">How many samples to draw; 1,000 place a 95 % interval's ends to within a few percent of its width.</param>
    /// <param name="confidence">Between 0 and 1.</param>
    /// <param name="seed">Same seed, same interval.</param>
    public static Interval Interval(
        Metric metric, IReadOnlyList<Prediction> predictions, int resamples = 1000, double confidence = 0.95, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var scores = metric.Prepare(predictions);
        return Measure(scores.Rows, times => scores.Score(times), resamples, confidence, seed);
    }

    /// <summary>
    /// The metric of <paramref name="candidate"/> minus that of <paramref name="baseline"/>, both over the same drawn rows, with its
    /// interval: rows that are hard for both cancel out, so it is narrower than two separate intervals suggest.
    /// </summary>
    /// <param name="metric">What to measure.</param>
    /// <param name="candidate">The answers of the model in question.</param>
    /// <param name="baseline">The answers of the model it is compared with, to the same rows (by id) in any order.</param>
    /// <param name="resamples">How many samples to draw.</param>
    /// <param name="confidence">Between 0 and 1.</param>
    /// <param name="seed">Same seed, same interval.</param>
    public static Interval PairedDifference(
        Metric metric,
        IReadOnlyList<Prediction> candidate,
        IReadOnlyList<Prediction> baseline,
        int resamples = 1000,
        double confidence = 0.95,
        long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var ours = metric.Prepare(candidate);
        var theirs = metric.Prepare(InOrderOf(candidate, baseline));
        return Measure(ours.Rows, times => ours.Score(times) - theirs.Score(times), resamples, confidence, seed);
    }

    /// <summary>
    /// The metric's value on each of many drawn samples, in the order of the draws. The same number of rows and the same seed draw the same rows, so that the values
    /// of several models can be subtracted from each other, averaged over tasks, and only then be sorted into an interval.
    /// </summary>
    /// <param name="metric">What to measure.</param>
    /// <param name="predictions">At least one row; the same order for every model.</param>
    /// <param name="resamples">How many samples to draw.</param>
    /// <param name="seed">Same seed, same rows.</param>
    public static IReadOnlyList<double> Samples(Metric metric, IReadOnlyList<Prediction> predictions, int resamples, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var scores = metric.Prepare(predictions);
        return Draw(scores.Rows, times => scores.Score(times), resamples, seed);
    }

    private static Interval Measure(int rows, Func<int[], double> score, int resamples, double confidence, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        if (confidence is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "The confidence must lie between 0 and 1.");

        var times = new int[rows];
        Array.Fill(times, 1);
        var value = score(times);

        var values = Draw(rows, score, resamples, seed);
        Array.Sort(values);
        var tail = (1 - confidence) / 2;
        return new Interval(value, Quantile(values, tail), Quantile(values, 1 - tail));
    }

    private static double[] Draw(int rows, Func<int[], double> score, int resamples, long seed)
    {
        var random = new SeededRandom(seed);
        var times = new int[rows];
        var values = new double[resamples];
        for (var sample = 0; sample < resamples; sample++)
        {
            Array.Clear(times);
            for (var draw = 0; draw < rows; draw++) times[random.Next(rows)]++;
            values[sample] = score(times);
        }
        return values;
    }

    private static double Quantile(double[] sorted, double share)
    {
        var position = share * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }

    private static Prediction[] InOrderOf(IReadOnlyList<Prediction> candidate, IReadOnlyList<Prediction> baseline)
    {
        if (candidate.Count != baseline.Count)
            throw new ArgumentException($"Both models must answer the same rows, but one answered {candidate.Count} and the other {baseline.Count}.");
        var byId = baseline.ToDictionary(row => row.Id, StringComparer.Ordinal);
        var used = new HashSet<string>(StringComparer.Ordinal);
        return [.. candidate.Select(row =>
        {
            if (!used.Add(row.Id)) throw new ArgumentException($"Row '{row.Id}' occurs twice among the candidate's answers.");
            if (!byId.TryGetValue(row.Id, out var other)) throw new ArgumentException($"The baseline has no answer to row '{row.Id}'.");
            return other.Expected == row.Expected
                ? other
                : throw new ArgumentException($"Row '{row.Id}' expects different outputs in the two sets of answers.");
        })];
    }
}

using System.Globalization;

namespace Platform.Engine.Evaluation;

/// <summary>
/// Pearson's and Spearman's correlation of numeric answers with the expected numbers (scipy.stats.pearsonr, spearmanr). An answer
/// that is no number counts as the mean of the answers that are: it carries no information, so each one pulls the correlation
/// towards 0. 0 when all answers or all expected numbers are equal, where the closed form is 0 / 0.
/// </summary>
internal sealed class CorrelationScores : RowScores
{
    private readonly double[] _expected, _actual;
    private readonly int[]? _expectedOrder, _actualOrder;

    private CorrelationScores(double[] expected, double[] actual, bool ranked)
        : base(expected.Length)
    {
        (_expected, _actual) = (expected, actual);
        if (!ranked) return;
        _expectedOrder = Order(expected);
        _actualOrder = Order(actual);
    }

    public static RowScores Pearson(IReadOnlyList<Prediction> rows) => Prepare(rows, ranked: false);

    /// <summary>Pearson's correlation of the ranks, where ties share the mean of their ranks.</summary>
    public static RowScores Spearman(IReadOnlyList<Prediction> rows) => Prepare(rows, ranked: true);

    public override double Score(ReadOnlySpan<int> times) =>
        _expectedOrder is null || _actualOrder is null
            ? Correlation(_expected, _actual, times)
            : Correlation(Ranks(_expected, _expectedOrder, times), Ranks(_actual, _actualOrder, times), times);

    private static CorrelationScores Prepare(IReadOnlyList<Prediction> rows, bool ranked)
    {
        var expected = rows.Select(row => Number(row.Expected) ?? throw new ArgumentException(
            $"Row '{row.Id}' expects '{row.Expected}', which is not a number. A correlation needs numeric outputs.", nameof(rows)));
        var answers = rows.Select(row => Number(row.Actual)).ToArray();
        var mean = answers.Average() ?? 0;
        return new CorrelationScores([.. expected], [.. answers.Select(answer => answer ?? mean)], ranked);
    }

    internal static double? Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : null;

    private static int[] Order(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort((double[])values.Clone(), order);
        return order;
    }

    /// <summary>
    /// Mean ranks in a sample, from an order that was sorted once: a row that occurs twice is tied with itself.
    /// </summary>
    private static double[] Ranks(double[] values, int[] order, ReadOnlySpan<int> times)
    {
        var ranks = new double[values.Length];
        double before = 0;
        for (var start = 0; start < order.Length;)
        {
            var end = start;
            double tied = 0;
            while (end < order.Length && values[order[end]].Equals(values[order[start]])) tied += times[order[end++]];
            for (var i = start; i < end; i++) ranks[order[i]] = before + ((tied + 1) / 2);
            before += tied;
            start = end;
        }
        return ranks;
    }

    private static double Correlation(double[] x, double[] y, ReadOnlySpan<int> times)
    {
        double count = 0, meanX = 0, meanY = 0;
        for (var row = 0; row < times.Length; row++)
        {
            count += times[row];
            meanX += times[row] * x[row];
            meanY += times[row] * y[row];
        }
        meanX /= count;
        meanY /= count;
        double xx = 0, yy = 0, xy = 0;
        for (var row = 0; row < times.Length; row++)
        {
            double dx = x[row] - meanX, dy = y[row] - meanY;
            xx += times[row] * dx * dx;
            yy += times[row] * dy * dy;
            xy += times[row] * dx * dy;
        }
        // What is left of equal values after rounding must not look like a spread.
        var noise = 1e-24 * count;
        var flat = xx <= noise * Math.Max(meanX * meanX, double.Epsilon) || yy <= noise * Math.Max(meanY * meanY, double.Epsilon);
        return flat ? 0 : Math.Clamp(xy / (Math.Sqrt(xx) * Math.Sqrt(yy)), -1, 1);
    }
}

namespace Platform.Engine.Evaluation;

/// <summary>
/// Predictions prepared for one metric: all work that looks at text is done once per row, so that a score over any resample of
/// the rows costs only arithmetic. The bootstrap depends on it.
/// </summary>
internal abstract class RowScores(int rows)
{
    public int Rows { get; } = rows;

    /// <summary>The metric over a sample in which row i occurs <paramref name="times"/>[i] times.</summary>
    public abstract double Score(ReadOnlySpan<int> times);

    /// <summary>The metric over every row once.</summary>
    public double ScoreAll()
    {
        var times = new int[Rows];
        Array.Fill(times, 1);
        return Score(times);
    }
}

/// <summary>A metric that is a function of sums over rows: BLEU's n-gram counts, an F1's hits, a mean's numerator.</summary>
internal sealed class SummedScores(IReadOnlyList<double[]> statistics, Func<double[], double> finish) : RowScores(statistics.Count)
{
    public override double Score(ReadOnlySpan<int> times)
    {
        var sums = new double[statistics[0].Length];
        for (var row = 0; row < times.Length; row++)
        {
            if (times[row] == 0) continue;
            var own = statistics[row];
            for (var i = 0; i < sums.Length; i++) sums[i] += times[row] * own[i];
        }
        return finish(sums);
    }

    /// <summary>The mean over rows of one value per row.</summary>
    public static SummedScores Mean(IReadOnlyList<Prediction> predictions, Func<Prediction, double> value) =>
        Of(predictions, p => [value(p), 1], sums => sums[0] / sums[1]);

    public static SummedScores Of(
        IReadOnlyList<Prediction> predictions, Func<Prediction, double[]> statistics, Func<double[], double> finish) =>
        new([.. predictions.Select(statistics)], finish);
}

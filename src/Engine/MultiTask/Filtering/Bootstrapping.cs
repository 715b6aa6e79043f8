using Platform.Engine.Evaluation;
using Platform.Engine.Training;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>Drawing rows with replacement.</summary>
internal static class Bootstrapping
{
    /// <summary>How often each of some rows is drawn.</summary>
    public static int[] Times(int rows, SeededRandom random)
    {
        var times = new int[rows];
        for (var i = 0; i < rows; i++)
            times[random.Next(rows)]++;
        return times;
    }

    /// <summary>The mean of values that count so often.</summary>
    public static double Mean(IReadOnlyList<double> values, int[] times)
    {
        var (sum, count) = (0.0, 0);
        for (var i = 0; i < times.Length; i++)
            (sum, count) = (sum + (times[i] * values[i]), count + times[i]);
        return sum / count;
    }
}

/// <summary>Intervals whose middle is the estimate from all rows: a resampled training has fewer different rows, which moves all draws in one direction.</summary>
internal static class Centered
{
    /// <summary>An interval for each entry of a matrix of effects.</summary>
    /// <param name="tasks">Columns; there is a line more.</param>
    /// <param name="options">Confidence and draws.</param>
    /// <param name="resample">One draw.</param>
    /// <param name="estimate">From all rows.</param>
    public static Interval[,] Matrix(int tasks, FilterOptions options, Func<double[,]> resample, Func<double[,]> estimate)
    {
        var value = estimate();
        var draws = Enumerable.Range(0, options.Resamples).Select(_ => resample()).ToList();
        var intervals = new Interval[tasks + 1, tasks];
        for (var i = 0; i <= tasks; i++)
        {
            for (var j = 0; j < tasks; j++)
                intervals[i, j] = Around(value[i, j], [.. draws.Select(draw => draw[i, j])], options.Confidence);
        }

        return intervals;
    }

    /// <summary>The interval around an estimate.</summary>
    /// <param name="value">The estimate.</param>
    /// <param name="draws">Resampled ones.</param>
    /// <param name="confidence">Between 0 and 1.</param>
    public static Interval Around(double value, double[] draws, double confidence)
    {
        Array.Sort(draws);
        var mean = draws.Average();
        var tail = (1 - confidence) / 2;
        return new Interval(value, value + Quantile(draws, tail) - mean, value + Quantile(draws, 1 - tail) - mean);
    }

    private static double Quantile(double[] sorted, double share)
    {
        var position = share * (sorted.Length - 1);
        var below = (int)position;
        return sorted[below] + ((position - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}

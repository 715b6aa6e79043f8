namespace Platform.Engine.Training;

/// <summary>
/// Weights that slow down tasks which converge fast and take weight off those that have begun to get worse: CoBa (Gong et al., EMNLP 2024,
/// https://arxiv.org/abs/2410.06741), on the validation losses that a training measures anyway.
/// </summary>
/// <remarks>
/// With the slope a_i(t) of task i's loss (relative to its first) over the last <see cref="Window"/> measurements: the relative score is
/// softmax over tasks of n a_i / sum |a|, the absolute one softmax over tasks of -a_i(t) / mean |a_i| over the window, and the divergence factor
/// goes from the first to the second once even the slowest task no longer falls as it did.
/// </remarks>
internal static class ConvergenceBalance
{
    /// <summary>Measurements that a slope is fitted to.</summary>
    public const int Window = 5;

    private const double Temperature = 5; // tau of the paper
    private const double LeastShare = 0.1; // of an equal weight, so that no task is lost

    /// <param name="losses">Validation losses, [measurement][task], oldest first.</param>
    /// <returns>One weight per task, which sum to 1; equal ones as long as there are fewer than two measurements, or where a loss is no number.</returns>
    public static double[] Weights(IReadOnlyList<double[]> losses)
    {
        var tasks = losses.Count > 0 ? losses[0].Length : 0;
        var equal = Enumerable.Repeat(1.0 / tasks, tasks).ToArray();
        if (losses.Count < 2 || losses.Any(row => row.Any(loss => !double.IsFinite(loss))) || losses[0].Any(loss => loss <= 0))
            return equal;

        var slopes = Enumerable.Range(1, losses.Count - 1).Select(t => Slopes(losses, t)).ToList(); // [t - 1][task]
        var now = slopes[^1];
        var relative = Softmax(now.Select(slope => Ratio(tasks * slope, now.Sum(Math.Abs))));
        var recent = slopes.TakeLast(Window).ToList();
        var absolute = Softmax(Enumerable.Range(0, tasks).Select(i => -Ratio(recent.Count * now[i], recent.Sum(past => Math.Abs(past[i])))));
        var slowest = slopes.Select(past => past.Max()).ToList();
        var all = slowest.Sum(Math.Abs);
        var factor = Math.Min(1, slowest.Count * Softmax(slowest.Select(slope => -Temperature * Ratio(slowest.Count * slope, all)))[^1]);
        return [.. relative.Zip(absolute, (r, a) => (LeastShare / tasks) + ((1 - LeastShare) * ((factor * r) + ((1 - factor) * a))))];
    }

    /// <summary>Least squares over the window that ends at measurement <paramref name="end"/>.</summary>
    private static double[] Slopes(IReadOnlyList<double[]> losses, int end)
    {
        var begin = Math.Max(0, end - Window + 1);
        var middle = (begin + end) / 2.0;
        var spread = Enumerable.Range(begin, end - begin + 1).Sum(t => (t - middle) * (t - middle));
        return [.. losses[0].Select((first, i) => Enumerable.Range(begin, end - begin + 1).Sum(t => (t - middle) * losses[t][i] / first) / spread)];
    }

    private static double Ratio(double value, double by) => by > 0 ? value / by : 0;

    private static double[] Softmax(IEnumerable<double> values)
    {
        var all = values.ToArray();
        var powers = all.Select(value => Math.Exp(value - all.Max())).ToArray();
        return [.. powers.Select(power => power / powers.Sum())];
    }
}

namespace Platform.MethodBench;

/// <summary>A mean with half the width of its 95 % interval.</summary>
internal sealed record Estimate(double Mean, double HalfWidth)
{
    public bool IsAbove(double value) => Mean - HalfWidth > value;

    public bool IsBelow(double value) => Mean + HalfWidth < value;
}

/// <summary>
/// Means over tasks and seeds. Two things make them uncertain: which rows the test split happens to hold (known from the resamples, which are the
/// same rows in every arm) and what the seed does to a training (known from the seeds). Both are added as variances.
/// </summary>
internal static class Statistics
{
    // Student's t for a 95 % interval with 1, 2, 3 ... degrees of freedom: few seeds say little about their own spread.
    private static readonly double[] Student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

    private const double Normal = 1.96;

    /// <summary>The mean score over tasks.</summary>
    public static Estimate Mean(IReadOnlyList<ArmResult> seeds) => Of(
        [.. seeds.Select(seed => seed.Tasks.Average(task => task.Score))],
        [.. seeds.Select(seed => Resamples(seed.Tasks))]);

    /// <summary>The mean over tasks of one arm minus that of another, seed by seed, on the same test rows.</summary>
    public static Estimate Difference(IReadOnlyList<ArmResult> arm, IReadOnlyList<ArmResult> other)
    {
        var pairs = Pairs(arm, other).ToList();
        return Of(
            [.. pairs.Select(pair => pair.Arm.Tasks.Average(task => task.Score) - pair.Other.Tasks.Average(task => task.Score))],
            [.. pairs.Select(pair => Minus(Resamples(pair.Arm.Tasks), Resamples(pair.Other.Tasks)))]);
    }

    /// <summary>The same for one task.</summary>
    public static Estimate Difference(IReadOnlyList<ArmResult> arm, IReadOnlyList<ArmResult> other, string task)
    {
        var pairs = Pairs(arm, other).Select(pair => (Arm: pair.Arm.Tasks.Single(one => one.Task == task), Other: pair.Other.Tasks.Single(one => one.Task == task))).ToList();
        return Of([.. pairs.Select(pair => pair.Arm.Score - pair.Other.Score)], [.. pairs.Select(pair => Minus([.. pair.Arm.Resamples], pair.Other.Resamples))]);
    }

    private static IEnumerable<(ArmResult Arm, ArmResult Other)> Pairs(IReadOnlyList<ArmResult> arm, IReadOnlyList<ArmResult> other) =>
        arm.Join(other, one => one.Seed, one => one.Seed, (one, two) => (one, two));

    private static double[] Resamples(IReadOnlyList<TaskScore> tasks) =>
        [.. Enumerable.Range(0, tasks[0].Resamples.Count).Select(i => tasks.Average(task => task.Resamples[i]))];

    private static double[] Minus(double[] one, IReadOnlyList<double> other) => [.. one.Zip(other, (a, b) => a - b)];

    private static Estimate Of(double[] values, IReadOnlyList<double[]> resamples)
    {
        var mean = values.Average();
        // The seeds' models answer the same rows: their resamples are averaged draw by draw.
        var draws = Enumerable.Range(0, resamples[0].Length).Select(i => resamples.Average(one => one[i])).ToArray();
        var rows = Normal * Math.Sqrt(Variance(draws));
        var seeds = values.Length < 2 ? 0 : Student[Math.Min(values.Length - 2, Student.Length - 1)] * Math.Sqrt(Variance(values) / values.Length);
        return new Estimate(mean, Math.Sqrt((rows * rows) + (seeds * seeds)));
    }

    private static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
    }
}

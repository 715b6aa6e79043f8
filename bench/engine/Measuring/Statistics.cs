namespace Platform.EngineBench.Measuring;

/// <summary>Medians and spreads.</summary>
internal static class Statistics
{
    public static double Median(IReadOnlyList<double> values) => Quantile(values, 0.5);

    /// <summary>The q-quantile, interpolated.</summary>
    public static double Quantile(IReadOnlyList<double> values, double q)
    {
        var sorted = values.Order().ToArray();
        var place = q * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }

    /// <summary>Ours over another's, round by round: what disturbs a round disturbs both of its turns.</summary>
    public static IReadOnlyList<double> Ratios(IReadOnlyList<double> ours, IReadOnlyList<double> other) => [.. ours.Zip(other, (a, b) => a / b)];
}

namespace Platform.Engine.Generation;

/// <summary>
/// Temperature scaling (Guo et al., ICML 2017): the labels' log-probabilities are divided by one number for the whole task. The order
/// of the labels never changes; above 1 the probabilities draw nearer to each other, below 1 they part.
/// </summary>
public static class LabelTemperature
{
    /// <summary>The least probability that is told from none: its logarithm is finite.</summary>
    internal const double Least = 1e-30;

    /// <summary>The probabilities at a temperature; they add up to 1.</summary>
    /// <param name="probabilities">Those of all labels.</param>
    /// <param name="temperature">Above 0; 1 changes nothing.</param>
    public static double[] Apply(IReadOnlyList<double> probabilities, double temperature)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        if (!(temperature > 0) || !double.IsFinite(temperature))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "A temperature is a finite number above 0.");
        if (temperature is 1 || probabilities.Count == 0)
            return [.. probabilities];

        var logs = probabilities.Select(one => Math.Log(Math.Max(one, Least)) / temperature).ToArray();
        var highest = logs.Max();
        var shares = logs.Select(log => Math.Exp(log - highest)).ToArray();
        var sum = shares.Sum();
        return [.. shares.Select(share => share / sum)];
    }
}

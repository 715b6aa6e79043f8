using Platform.Engine.Generation;

namespace Platform.Engine.Evaluation.Calibration;

/// <summary>A temperature that was fitted, or why none was.</summary>
/// <param name="Temperature">What to divide the labels' log-probabilities by; null when there was nothing to learn it from.</param>
/// <param name="Rows">Rows that it was fitted on.</param>
/// <param name="Sentence">What was found, in words.</param>
public sealed record TemperatureFit(double? Temperature, int Rows, string Sentence)
{
    /// <summary>Fewer rows than this say too little about how often a score is right.</summary>
    public const int MinimumRows = 50;

    private const double Lowest = 0.05, Highest = 20;

    /// <summary>
    /// The temperature with the least mean negative log-likelihood of the expected labels. That loss is convex in 1 / temperature, so
    /// its only minimum lies where the slope is 0, which halving the range finds to full precision.
    /// </summary>
    /// <param name="rows">Answers to rows that neither trained the model nor measure it: the validation split.</param>
    /// <param name="labels">The task's labels, in the order of the rows' probabilities.</param>
    public static TemperatureFit Fit(IReadOnlyList<Prediction> rows, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(labels);
        var known = LabelledRow.Of(rows, labels).Where(row => row.Expected >= 0).ToList();
        if (known.Count < MinimumRows)
            return new TemperatureFit(null, known.Count, $"Not calibrated: {known.Count} validation rows are too few, at least {MinimumRows} are needed.");
        var wrong = known.Count(row => row.Answered != row.Expected);
        if (wrong == 0)
            return new TemperatureFit(null, known.Count, $"Not calibrated: none of {known.Count} validation rows was answered wrongly, so they cannot show how often a score fails.");

        var logs = known.Select(row => (row.Expected, Logs: row.Probabilities.Select(one => Math.Log(Math.Max(one, LabelTemperature.Least))).ToArray())).ToList();
        double low = 1 / Highest, high = 1 / Lowest;
        for (var halving = 0; halving < 60; halving++)
        {
            var middle = (low + high) / 2;
            if (logs.Sum(row => Slope(row.Logs, row.Expected, middle)) < 0)
                low = middle;
            else
                high = middle;
        }

        var temperature = Math.Round(2 / (low + high), 6);
        var found = temperature > 1.02 ? "too sure of itself" : temperature < 0.98 ? "too unsure of itself" : "as sure as it should be";
        return new TemperatureFit(temperature, known.Count, FormattableString.Invariant($"Temperature {temperature:0.###}, fitted on {known.Count} validation rows: without it the model is {found}."));
    }

    // The loss of a row is log sum exp(b l) - b l_expected with b = 1 / temperature; its slope is the mean of l under b, minus l_expected.
    private static double Slope(double[] logs, int expected, double inverse)
    {
        var highest = logs.Max();
        double sum = 0, weighted = 0;
        foreach (var log in logs)
        {
            var weight = Math.Exp(inverse * (log - highest));
            sum += weight;
            weighted += weight * log;
        }

        return (weighted / sum) - logs[expected];
    }
}

/// <summary>A row of a task with labels, in numbers. Expected is -1 where the row expects none of the labels.</summary>
internal readonly record struct LabelledRow(int Expected, int Answered, double[] Probabilities)
{
    /// <summary>The rows that have probabilities.</summary>
    public static IEnumerable<LabelledRow> Of(IReadOnlyList<Prediction> rows, IReadOnlyList<string> labels, double temperature = 1)
    {
        var codes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var label in labels)
            codes.TryAdd(label.Trim(), codes.Count);
        foreach (var row in rows)
        {
            if (row.Probabilities is not { } raw)
                continue;
            if (raw.Count != labels.Count)
                throw new ArgumentException($"Row '{row.Id}' has {raw.Count} probabilities, but the task has {labels.Count} labels.", nameof(rows));
            yield return new LabelledRow(
                codes.GetValueOrDefault(row.Expected.Trim(), -1), codes.GetValueOrDefault(row.Actual.Trim(), -1),
                LabelTemperature.Apply([.. raw.Select(one => (double)one)], temperature));
        }
    }
}

using Platform.Engine.Training;

namespace Platform.Engine.Evaluation.Comparisons;

/// <summary>Tests of whether two models differ on the same rows, and what to do with the results of many such tests.</summary>
public static class PairedTests
{
    // A difference that is equal but for rounding counts as reached.
    private const double Rounding = 1e-12;

    /// <summary>
    /// McNemar's test, exact and two-sided (McNemar, Psychometrika 1947): were both models equally good, each row that only one of
    /// them answers rightly would be heads or tails. Rows that both answer alike say nothing and do not count.
    /// </summary>
    /// <param name="onlyOurs">Rows that only the one model answers rightly.</param>
    /// <param name="onlyTheirs">Rows that only the other does.</param>
    /// <returns>The probability of a difference at least as large by chance.</returns>
    public static double McNemar(int onlyOurs, int onlyTheirs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyOurs);
        ArgumentOutOfRangeException.ThrowIfNegative(onlyTheirs);
        var rows = onlyOurs + onlyTheirs;
        var log = -rows * Math.Log(2);
        double tail = 0;
        for (var heads = 0; heads <= Math.Min(onlyOurs, onlyTheirs); heads++)
        {
            tail += Math.Exp(log);
            log += Math.Log(rows - heads) - Math.Log(heads + 1);
        }

        return Math.Min(1, 2 * tail);
    }

    /// <summary>
    /// The approximate randomisation test, two-sided (Noreen 1989; Yeh, COLING 2000), for any metric: were both models equally good, it
    /// would not matter whose answer to a row is called whose. So each row's answers are swapped by the toss of a coin, again and
    /// again, and the test counts how often that gives a difference as large as the real one.
    /// </summary>
    /// <param name="metric">What to measure.</param>
    /// <param name="ours">The one model's answers.</param>
    /// <param name="theirs">The other's, to the same rows in the same order.</param>
    /// <param name="rounds">How often to swap; the smallest possible result is 1 / (rounds + 1).</param>
    /// <param name="seed">Same seed, same result.</param>
    /// <returns>The probability of a difference at least as large by chance.</returns>
    public static double Randomisation(Metric metric, IReadOnlyList<Prediction> ours, IReadOnlyList<Prediction> theirs, int rounds = 999, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentNullException.ThrowIfNull(theirs);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        if (!ours.Select(row => row.Id).SequenceEqual(theirs.Select(row => row.Id), StringComparer.Ordinal))
            throw new ArgumentException("Both models must answer the same rows in the same order.", nameof(theirs));

        // Both answers to every row are prepared together; a sample then holds one of the two.
        var rows = ours.Count;
        var scores = metric.Prepare([.. ours, .. theirs]);
        var first = new int[2 * rows];
        var second = new int[2 * rows];
        first.AsSpan(0, rows).Fill(1);
        second.AsSpan(rows).Fill(1);
        var real = Math.Abs(scores.Score(first) - scores.Score(second));

        var random = new SeededRandom(seed);
        var reached = 0;
        for (var round = 0; round < rounds; round++)
        {
            for (var row = 0; row < rows; row++)
            {
                var swapped = (int)(random.NextBits() >> 63);
                (first[row], first[rows + row]) = (1 - swapped, swapped);
                (second[row], second[rows + row]) = (swapped, 1 - swapped);
            }

            if (Math.Abs(scores.Score(first) - scores.Score(second)) >= real - Rounding)
                reached++;
        }

        return (reached + 1.0) / (rounds + 1);
    }

    /// <summary>
    /// Holm's correction (Scandinavian Journal of Statistics 1979): among many tests some come out small by chance. After it, the probability
    /// that even one of those below a threshold is such a chance stays below that threshold.
    /// </summary>
    /// <param name="probabilities">The tests' results; null where nothing was tested.</param>
    /// <returns>The corrected results, in the same order.</returns>
    public static IReadOnlyList<double?> Holm(IReadOnlyList<double?> probabilities)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        var corrected = new double?[probabilities.Count];
        var order = Enumerable.Range(0, probabilities.Count).Where(test => probabilities[test] is not null).OrderBy(test => probabilities[test]).ToList();
        double highest = 0;
        for (var place = 0; place < order.Count; place++)
        {
            highest = Math.Max(highest, Math.Min(1, (order.Count - place) * probabilities[order[place]]!.Value));
            corrected[order[place]] = highest;
        }

        return corrected;
    }
}

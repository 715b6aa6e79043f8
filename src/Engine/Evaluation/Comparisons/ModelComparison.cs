namespace Platform.Engine.Evaluation.Comparisons;

/// <summary>How two models' answers to the same rows differ; differences are the one model's minus the other's.</summary>
/// <param name="Against">Whose answers the other ones are, for instance "single-task" or "version 3".</param>
/// <param name="Rows">Rows that both answered.</param>
/// <param name="Score">The one model's score on them.</param>
/// <param name="OtherScore">The other model's.</param>
/// <param name="Difference">With its 95 % interval, by the paired bootstrap.</param>
/// <param name="Test">Which test gave the p-value: "mcnemar" or "randomisation".</param>
/// <param name="PValue">The probability of a difference at least as large were both equally good.</param>
/// <param name="AdjustedPValue">The same after Holm's correction for all tasks that were compared together; null where it is one comparison.</param>
/// <param name="BetterRows">Rows that the one model answers better.</param>
/// <param name="WorseRows">Rows that it answers worse.</param>
public sealed record ModelComparison(
    string Against, int Rows, double Score, double OtherScore, Interval Difference, string Test, double PValue, double? AdjustedPValue, int BetterRows, int WorseRows)
{
    /// <summary>Name of the exact test on rows that only one model answers rightly.</summary>
    public const string McNemarTest = "mcnemar";

    /// <summary>Name of the test by swapping answers.</summary>
    public const string RandomisationTest = "randomisation";

    /// <summary>What a comparison with the dedicated model is against.</summary>
    public const string SingleTask = "single-task";

    /// <summary>Compares two sets of answers on the rows that both have: same id, input and expected output.</summary>
    /// <param name="metric">The task's metric.</param>
    /// <param name="against">Whose answers the other ones are.</param>
    /// <param name="ours">The one model's answers.</param>
    /// <param name="theirs">The other's.</param>
    /// <param name="rounds">Rounds of the randomisation test.</param>
    /// <param name="seed">Same seed, same result.</param>
    /// <returns>Null when they have no row in common.</returns>
    public static ModelComparison? Of(
        Metric metric, string against, IReadOnlyList<Prediction> ours, IReadOnlyList<Prediction> theirs, int rounds = 999, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentNullException.ThrowIfNull(ours);
        var byId = theirs.ToDictionary(row => row.Id, StringComparer.Ordinal);
        List<Prediction> one = [], other = [];
        foreach (var row in ours)
        {
            if (!byId.TryGetValue(row.Id, out var found) || found.Expected != row.Expected || found.Input != row.Input || (found.Input2 is not null && row.Input2 is not null && found.Input2 != row.Input2))
                continue;
            one.Add(row);
            other.Add(found);
        }

        if (one.Count == 0)
            return null;
        var difference = Bootstrap.PairedDifference(metric, one, other, seed: seed);
        var quality = RowQuality.Of(metric);
        var pairs = one.Zip(other, (first, second) => quality.Of(first).CompareTo(quality.Of(second))).ToList();
        int better = pairs.Count(sign => sign > 0), worse = pairs.Count(sign => sign < 0);
        return new ModelComparison(
            against, one.Count, metric.Score(one), metric.Score(other), difference,
            quality.IsRightOrWrong ? McNemarTest : RandomisationTest,
            quality.IsRightOrWrong ? PairedTests.McNemar(better, worse) : PairedTests.Randomisation(metric, one, other, rounds, seed),
            null, better, worse);
    }
}

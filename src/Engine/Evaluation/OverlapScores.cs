using System.Text;

namespace Platform.Engine.Evaluation;

/// <summary>Metrics that count the n-grams which an answer shares with the good outputs.</summary>
internal static class OverlapScores
{
    private const int BleuOrder = 4;
    private const int ChrfOrder = 6;
    private const double ChrfBetaSquared = 4; // beta = 2: recall counts twice as much as precision.

    /// <summary>
    /// Corpus BLEU-4 (Papineni et al., ACL 2002) as sacreBLEU computes it by default (Post, WMT 2018): 13a tokens, case kept, one
    /// brevity penalty for the whole set against the good output of nearest length, n-grams clipped by their highest count in
    /// any good output, exponential smoothing of orders without a match.
    /// </summary>
    public static RowScores Bleu(IReadOnlyList<Prediction> rows) => SummedScores.Of(rows, BleuRow, BleuOf);

    /// <summary>
    /// chrF2 (Popovic, WMT 2015) as sacreBLEU computes it by default: characters without white space, n-grams of 1 to 6, precision
    /// and recall averaged over the orders that occur, then F with beta 2; per row the good output that scores best.
    /// </summary>
    public static RowScores Chrf(IReadOnlyList<Prediction> rows) => SummedScores.Of(rows, ChrfRow, ChrfOf);

    /// <summary>
    /// Google's GLEU (Wu et al., arXiv 1609.08144) over the set, as NLTK's corpus_gleu: the sum of shared n-grams of 1 to 4 words
    /// divided by the sum of the larger n-gram count of answer and good output, which is the smaller of precision and recall; per
    /// row the good output that scores best. Words are 13a tokens, case kept.
    /// </summary>
    public static RowScores Gleu(IReadOnlyList<Prediction> rows) =>
        SummedScores.Of(rows, GleuRow, sums => sums[1] == 0 ? 0 : sums[0] / sums[1]);

    // Statistics: matches of order 1..4, n-grams of order 1..4, answer length, good output's length.
    private static double[] BleuRow(Prediction row)
    {
        var table = new NGramTable<string>();
        var answer = Words.Mteval13a(row.Actual);
        var answered = table.Count(answer, BleuOrder);
        var good = row.GoodOutputs.Select(Words.Mteval13a).ToArray();
        var goodCounts = good.Select(words => table.Count(words, BleuOrder)).ToArray();

        var statistics = new double[(2 * BleuOrder) + 2];
        for (var order = 0; order < BleuOrder; order++)
        {
            statistics[order] = answered[order].Sum(gram =>
                Math.Min(gram.Value, goodCounts.Max(counts => counts[order].GetValueOrDefault(gram.Key))));
            statistics[BleuOrder + order] = answered[order].Total();
        }
        statistics[^2] = answer.Length;
        statistics[^1] = good.Select(words => words.Length).OrderBy(length => Math.Abs(length - answer.Length)).ThenBy(length => length).First();
        return statistics;
    }

    private static double BleuOf(double[] sums)
    {
        if (sums[0] == 0) return 0;
        double logs = 0, smoothing = 1;
        for (var order = 0; order < BleuOrder; order++)
        {
            double matches = sums[order], all = sums[BleuOrder + order];
            if (all == 0) return 0; // No answer is as long as this order.
            if (matches == 0) smoothing *= 2;
            logs += Math.Log((matches == 0 ? 1 / smoothing : matches) / all);
        }
        var brevity = sums[^2] < sums[^1] ? Math.Exp(1 - (sums[^1] / sums[^2])) : 1;
        return brevity * Math.Exp(logs / BleuOrder);
    }

    // Statistics: per order, n-grams of the answer, n-grams of the good output, matches.
    private static double[] ChrfRow(Prediction row)
    {
        var table = new NGramTable<Rune>();
        var answered = table.Count(Characters(row.Actual), ChrfOrder);
        var best = new double[3 * ChrfOrder];
        var bestScore = -1.0;
        foreach (var good in row.GoodOutputs)
        {
            var counts = table.Count(Characters(good), ChrfOrder);
            var statistics = new double[3 * ChrfOrder];
            for (var order = 0; order < ChrfOrder; order++)
            {
                statistics[3 * order] = counts[order].Count == 0 ? 0 : answered[order].Total();
                statistics[(3 * order) + 1] = counts[order].Total();
                statistics[(3 * order) + 2] = answered[order].Overlap(counts[order]);
            }
            var score = ChrfOf(statistics);
            if (score <= bestScore) continue;
            (best, bestScore) = (statistics, score);
        }
        return best;
    }

    private static double ChrfOf(double[] sums)
    {
        double precision = 0, recall = 0;
        var orders = 0;
        for (var order = 0; order < ChrfOrder; order++)
        {
            double answered = sums[3 * order], good = sums[(3 * order) + 1], matches = sums[(3 * order) + 2];
            if (answered == 0 || good == 0) continue;
            precision += matches / answered;
            recall += matches / good;
            orders++;
        }
        if (precision + recall == 0) return 0;
        precision /= orders;
        recall /= orders;
        return (1 + ChrfBetaSquared) * precision * recall / ((ChrfBetaSquared * precision) + recall);
    }

    private static Rune[] Characters(string text) => [.. text.EnumerateRunes().Where(rune => !Rune.IsWhiteSpace(rune))];

    private static double[] GleuRow(Prediction row)
    {
        var table = new NGramTable<string>();
        var answered = table.Count(Words.Mteval13a(row.Actual), BleuOrder);
        var answeredTotal = answered.Sum(counts => counts.Total());
        var best = (Score: -1.0, Shared: 0, All: 0);
        foreach (var good in row.GoodOutputs)
        {
            var counts = table.Count(Words.Mteval13a(good), BleuOrder);
            var all = Math.Max(answeredTotal, counts.Sum(order => order.Total()));
            if (all == 0) continue;
            var shared = answered.Zip(counts).Sum(pair => pair.First.Overlap(pair.Second));
            var candidate = ((double)shared / all, shared, all);
            if (candidate.CompareTo(best) > 0) best = candidate;
        }
        return [best.Shared, best.All];
    }
}

namespace Platform.Engine.Evaluation;

/// <summary>SARI, for rewriting tasks such as simplification.</summary>
internal static class SariScores
{
    private const int Order = 4;

    /// <summary>
    /// The mean over rows of SARI (Xu et al., TACL 2016): the mean of F1 of kept n-grams, precision of deleted ones and F1 of added
    /// ones, each averaged over n = 1 to 4, against the input and all good outputs. 0 / 0 counts as 1 and the kept n-grams' recall
    /// is a ratio of sums, as in tensor2tensor's correction, which Hugging Face's evaluate follows. Lower-cased 13a tokens.
    /// </summary>
    public static RowScores Sari(IReadOnlyList<Prediction> rows) => SummedScores.Mean(rows, RowScore);

    private static double RowScore(Prediction row)
    {
        var table = new NGramTable<string>();
        var input = Count(table, row.Input);
        var answer = Count(table, row.Actual);
        var good = row.GoodOutputs.Select(text => Count(table, text)).ToArray();

        double sum = 0;
        for (var order = 0; order < Order; order++)
        {
            var together = new Dictionary<int, int>();
            foreach (var (gram, count) in good.SelectMany(counts => counts[order]))
                together[gram] = together.GetValueOrDefault(gram) + count;
            sum += Kept(input[order], answer[order], together, good.Length)
                + Deleted(input[order], answer[order], together, good.Length)
                + Added(input[order], answer[order], together);
        }
        return sum / (3 * Order);
    }

    private static Dictionary<int, int>[] Count(NGramTable<string> table, string text) =>
        table.Count(Words.Mteval13a(text.ToLowerInvariant()), Order);

    // Counts of input and answer are multiplied by the number of good outputs, so that all three are on one scale.
    private static double Kept(Dictionary<int, int> input, Dictionary<int, int> answer, Dictionary<int, int> good, int goods)
    {
        double precision = 0, right = 0, wanted = 0;
        var kept = 0;
        foreach (var (gram, count) in input)
        {
            var wantedHere = Math.Min(count * goods, good.GetValueOrDefault(gram));
            wanted += wantedHere;
            var keptHere = Math.Min(count, answer.GetValueOrDefault(gram)) * goods;
            if (keptHere == 0) continue;
            kept++;
            var rightHere = Math.Min(keptHere, wantedHere);
            right += rightHere;
            precision += (double)rightHere / keptHere;
        }
        return F1(kept == 0 ? 1 : precision / kept, wanted == 0 ? 1 : right / wanted);
    }

    private static double Deleted(Dictionary<int, int> input, Dictionary<int, int> answer, Dictionary<int, int> good, int goods)
    {
        double precision = 0;
        var deleted = 0;
        foreach (var (gram, count) in input)
        {
            var deletedHere = (count - answer.GetValueOrDefault(gram)) * goods;
            if (deletedHere <= 0) continue;
            deleted++;
            precision += (double)Math.Max(0, deletedHere - good.GetValueOrDefault(gram)) / deletedHere;
        }
        return deleted == 0 ? 1 : precision / deleted;
    }

    private static double Added(Dictionary<int, int> input, Dictionary<int, int> answer, Dictionary<int, int> good)
    {
        var added = answer.Keys.Where(gram => !input.ContainsKey(gram)).ToArray();
        var wanted = good.Keys.Count(gram => !input.ContainsKey(gram));
        double right = added.Count(good.ContainsKey);
        return F1(added.Length == 0 ? 1 : right / added.Length, wanted == 0 ? 1 : right / wanted);
    }

    private static double F1(double precision, double recall) =>
        precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
}

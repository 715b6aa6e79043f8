namespace Platform.Engine.Evaluation;

/// <summary>
/// ROUGE's F1 (Lin, 2004) as Google's rouge-score computes it without its stemmer: the mean over rows, over lower-cased words; per row the
/// good output that scores best.
/// </summary>
internal static class RougeScores
{
    /// <summary>From shared words, each as often as in the text that has it less often.</summary>
    public static RowScores Rouge1(IReadOnlyList<Prediction> rows) => Mean(rows, (answer, good) => SharedF1(answer, good, 1));

    /// <summary>From shared pairs of neighbouring words.</summary>
    public static RowScores Rouge2(IReadOnlyList<Prediction> rows) => Mean(rows, (answer, good) => SharedF1(answer, good, 2));

    /// <summary>From the longest common subsequence of words: 2 LCS / (answer words + good output's words).</summary>
    public static RowScores RougeL(IReadOnlyList<Prediction> rows) => Mean(rows, (answer, good) => F1(CommonLength(answer, good), answer.Length, good.Length));

    private static SummedScores Mean(IReadOnlyList<Prediction> rows, Func<string[], string[], double> score) => SummedScores.Mean(rows, row =>
    {
        var answer = Words.LowerCased(row.Actual);
        return row.GoodOutputs.Max(good => score(answer, Words.LowerCased(good)));
    });

    private static double SharedF1(string[] answer, string[] good, int order)
    {
        var table = new NGramTable<string>();
        var answered = table.Count(answer, order)[order - 1];
        var wanted = table.Count(good, order)[order - 1];
        return F1(answered.Overlap(wanted), answered.Total(), wanted.Total());
    }

    private static double F1(int shared, int answered, int wanted) => shared == 0 ? 0 : 2.0 * shared / (answered + wanted);

    // Dynamic programming over one row of the table at a time: time is the product of both lengths, memory one length.
    private static int CommonLength(string[] left, string[] right)
    {
        var lengths = new int[right.Length + 1];
        foreach (var word in left)
        {
            var diagonal = 0;
            for (var i = 1; i <= right.Length; i++)
            {
                var above = lengths[i];
                lengths[i] = word == right[i - 1] ? diagonal + 1 : Math.Max(above, lengths[i - 1]);
                diagonal = above;
            }
        }
        return lengths[^1];
    }
}

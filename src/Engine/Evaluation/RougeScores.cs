namespace Platform.Engine.Evaluation;

/// <summary>ROUGE-L.</summary>
internal static class RougeScores
{
    /// <summary>
    /// The mean over rows of ROUGE-L's F1 (Lin, 2004; rouge-score's rougeL without stemmer): from the longest common subsequence of
    /// lower-cased words, 2 LCS / (answer words + good output's words); per row the good output that scores best.
    /// </summary>
    public static RowScores RougeL(IReadOnlyList<Prediction> rows) => SummedScores.Mean(rows, row =>
    {
        var answer = Words.LowerCased(row.Actual);
        return row.GoodOutputs.Max(good => F1(answer, Words.LowerCased(good)));
    });

    private static double F1(string[] answer, string[] good)
    {
        var common = CommonLength(answer, good);
        return common == 0 ? 0 : 2.0 * common / (answer.Length + good.Length);
    }

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

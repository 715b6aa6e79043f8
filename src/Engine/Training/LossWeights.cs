namespace Platform.Engine.Training;

/// <summary>How much each answer token of a batch counts.</summary>
internal static class LossWeights
{
    /// <param name="balance">What is to be balanced.</param>
    /// <param name="tasks">The task of each row.</param>
    /// <param name="answerTokens">Answer tokens of each row.</param>
    /// <param name="taskWeights">Weight of each task for <see cref="LossBalance.CoBa"/>.</param>
    /// <returns>For each row the weight of each of its answer tokens; over the batch they add up to 1.</returns>
    public static double[] Of(LossBalance balance, IReadOnlyList<int> tasks, IReadOnlyList<int> answerTokens, Func<int, double> taskWeights)
    {
        switch (balance)
        {
            case LossBalance.Example:
                return [.. answerTokens.Select(tokens => 1.0 / (answerTokens.Count * tokens))];
            case LossBalance.Token:
                return [.. answerTokens.Select(_ => 1.0 / answerTokens.Sum())];
        }

        var tokensOf = tasks.Zip(answerTokens).GroupBy(row => row.First).ToDictionary(group => group.Key, group => group.Sum(row => row.Second));
        Func<int, double> weight = balance == LossBalance.CoBa ? taskWeights : _ => 1;
        var sum = tokensOf.Keys.Sum(weight);
        return [.. tasks.Select(task => weight(task) / (sum * tokensOf[task]))];
    }
}

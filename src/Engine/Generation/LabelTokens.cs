using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation;

/// <summary>A label's tokens with their log-probabilities, from the probabilities of all labels.</summary>
/// <remarks>
/// A token's probability is that of all labels which go on with it, as a share of those that are possible before it. So the probabilities
/// of a label's tokens multiply to the label's own (where no label's tokens are the beginning of another's).
/// </remarks>
/// <param name="tokenizer">The model's tokenizer.</param>
internal sealed class LabelTokens(Tokenizer tokenizer)
{
    /// <summary>Tokens of a label, its end token left out.</summary>
    /// <param name="answers">Token ids of each label, the end token included.</param>
    /// <param name="probabilities">Of each label.</param>
    /// <param name="label">The label.</param>
    /// <param name="top">Most alternatives at each place.</param>
    public IReadOnlyList<AnswerToken> Of(IReadOnlyList<int[]> answers, IReadOnlyList<double> probabilities, int label, int top)
    {
        var tokens = new List<AnswerToken>();
        List<int> possible = [.. Enumerable.Range(0, answers.Count)];
        for (var place = 0; place < answers[label].Length - 1; place++)
        {
            var mass = Math.Max(possible.Sum(one => probabilities[one]), LabelTemperature.Least);
            var shares = possible.GroupBy(one => answers[one][place])
                .Select(group => (Token: group.Key, Log: Math.Min(0, Math.Log(Math.Max(group.Sum(one => probabilities[one]), LabelTemperature.Least) / mass))))
                .OrderByDescending(share => share.Log).ThenBy(share => share.Token).ToList();
            var chosen = answers[label][place];
            tokens.Add(new AnswerToken(
                Bytes(chosen, place), shares.Single(share => share.Token == chosen).Log,
                [.. shares.Take(top).Select(share => new AnswerToken(Bytes(share.Token, place), share.Log, []))]));
            possible.RemoveAll(one => answers[one][place] != chosen);
        }

        return tokens;
    }

    private ReadOnlyMemory<byte> Bytes(int token, int place)
    {
        var bytes = tokenizer.BytesOf(token);
        return place == 0 && bytes.AsSpan().StartsWith(" "u8) ? bytes.AsMemory(1) : bytes;
    }
}

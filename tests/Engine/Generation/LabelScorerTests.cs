using Platform.Engine.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Generation;

public sealed class LabelScorerTests
{
    [Fact]
    public void Score_LabelsThatShareTokens_EqualsConstrainedDecodingTokenByToken()
    {
        using var model = TinyModel.Create();
        int[][] answers = [[5, 6, 7, 0], [5, 6, 8, 0], [5, 0], [9, 10, 0], [11, 0]];
        var trie = new LabelTrie(answers);
        int[] prompt = [20, 21, 22, 23];

        var actual = new LabelScorer(model).Score([(prompt, trie), ([30, 31], trie)])[0];

        for (var label = 0; label < answers.Length; label++)
            Assert.Equal(Constrained(model, prompt, answers, answers[label]), actual[label], 5);
        Assert.Equal(1, actual.Sum(), 6);
    }

    [Fact]
    public void Score_BatchOfDifferentLengths_EqualsOneByOne()
    {
        using var model = TinyModel.Create();
        var deep = new LabelTrie([[5, 6, 0], [5, 7, 0], [8, 0]]);
        var flat = new LabelTrie([[9, 0], [10, 0]]);
        (int[], LabelTrie)[] rows = [([1, 2, 3, 4, 5, 6, 7], deep), ([8, 9], flat), ([10, 11, 12], deep)];
        var scorer = new LabelScorer(model);

        var together = scorer.Score(rows);

        for (var i = 0; i < rows.Length; i++)
        {
            var alone = scorer.Score([rows[i]])[0];
            Assert.Equal(alone.Length, together[i].Length);
            Assert.All(alone.Zip(together[i]), pair => Assert.Equal(pair.First, pair.Second, 5));
        }
    }

    [Fact]
    public void Nodes_LabelsWithDistinctFirstTokens_NeedNoTokenBeyondThePrompt() =>
        Assert.Empty(new LabelTrie([[5, 6, 7, 0], [8, 6, 7, 0]]).Nodes);

    /// <summary>The plain way: a forward pass for each token, softmax over the tokens that can still lead to a label.</summary>
    private static double Constrained(Platform.Engine.Models.CausalLanguageModel model, int[] prompt, int[][] answers, int[] answer)
    {
        var probability = 1.0;
        for (var depth = 0; depth < answer.Length; depth++)
        {
            var logits = model.LastLogits([.. prompt, .. answer[..depth]]);
            var allowed = answers.Where(a => a.Length > depth && a.AsSpan(0, depth).SequenceEqual(answer.AsSpan(0, depth))).Select(a => a[depth]).Distinct();
            probability *= Math.Exp(logits[answer[depth]]) / allowed.Sum(token => Math.Exp(logits[token]));
        }

        return probability;
    }
}

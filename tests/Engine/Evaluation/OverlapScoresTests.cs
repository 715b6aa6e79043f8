using Platform.Engine.Evaluation;

namespace Platform.Engine.Tests.Evaluation;

/// <summary>
/// The values for <see cref="Rows.Rewriting"/> were computed outside this project on the same rows: bleu and chrf by sacreBLEU 2 itself
/// (BLEU() and CHRF(), divided by 100); gleu, rouge_l and sari by a separate Python version of NLTK's corpus_gleu (13a tokens),
/// rouge-score's rougeL (Unicode words) and Hugging Face evaluate's sari, the last checked against evaluate's own example.
/// </summary>
public class OverlapScoresTests
{
    [Theory]
    [InlineData("bleu", 0.3072642020204724)]
    [InlineData("chrf", 0.5112223709596246)]
    [InlineData("gleu", 0.35625)]
    [InlineData("rouge_l", 0.6899460188933872)]
    [InlineData("sari", 0.491959188233698)]
    public void Score_RewritingRows_EqualsTheReferenceValue(string name, double expected) =>
        Assert.Equal(expected, Metric.Parse(name).Score(Rows.Rewriting), 1e-12);

    [Fact]
    public void Bleu_OrderWithoutMatch_IsSmoothedExponentially() =>
        // 1-grams 5/7, 2-grams 2/6, 3-grams 1/5; no 4-gram matches, so 1/2 of 4.
        Assert.Equal(
            Math.Pow(5 / 7.0 * (2 / 6.0) * (1 / 5.0) * (0.5 / 4), 0.25),
            Rows.Score("bleu", ("a cat sat on the mat", "the cat sat on a hat today")),
            12);

    [Fact]
    public void Bleu_ShortAnswers_PayTheBrevityPenalty() =>
        Assert.Equal(Math.Exp(1 - (8 / 4.0)), Rows.Score("bleu", ("one two three four five six seven eight", "one two three four")), 12);

    [Fact]
    public void Gleu_RepeatedWord_CountsAsOftenAsAGoodOutputHasIt() =>
        // The good output has "the" twice; the answer's 7 words make 7 + 6 + 5 + 4 n-grams.
        Assert.Equal(2 / 22.0, Rows.Score("gleu", ("the cat is on the mat", "the the the the the the the")), 12);

    [Fact]
    public void RougeL_WordsInOrder_GiveTheF1OfTheirCount() =>
        // Longest common subsequence: police, the, gunman = 3 of 4 and 4 words.
        Assert.Equal(3 / 4.0, Rows.Score("rouge_l", ("Police killed the gunman", "police kill THE gunman!")), 12);

    [Theory]
    [InlineData("rouge_1", 12 / 17.0)] // the (twice), quick, brown, jumps, dog: 6 of 9 and 8 words
    [InlineData("rouge_2", 4 / 15.0)] // the quick, quick brown: 2 of 8 and 7 pairs
    [InlineData("rouge_l", 10 / 17.0)] // the quick brown jumps the
    public void Rouge_WorkedExample_CountsSharedWords(string name, double expected) =>
        Assert.Equal(expected, Rows.Score(name, ("The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log.")), 12);

    [Fact]
    public void Mteval13a_Symbols_StandAloneButInsideNumbers() =>
        Assert.Equal(
            ["He", "paid", "$", "1,200.50", "-", "really", "?", "-", "for", "a", "2", "-", "week", "well-earned", "\"", "rest", "\"", "."],
            Words.Mteval13a("He paid $1,200.50- really?- for a 2-week well-earned &quot;rest&quot;."));
}

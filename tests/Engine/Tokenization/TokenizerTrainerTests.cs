using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests.Tokenization;

public sealed class TokenizerTrainerTests
{
    private static readonly string[] Documents =
    [
        "low low low low low lower lower newest newest newest newest newest newest widest widest widest",
        "The year 2026 has 365 days. Öl, naïve, 東京, 🙂🙂 — I'm sure they'll agree.",
        "First text<|endoftext|>second text<|endoftext|>",
    ];

    private static readonly TokenizerTrainerOptions Small = new() { VocabularySize = 280, SpecialTokens = ["<|endoftext|>", "<|answer|>"] };

    [Fact]
    public void Train_SameSampleInAnyOrder_GivesTheSameFile()
    {
        using TemporaryFolder forwards = new(), backwards = new();

        TokenizerTrainer.Train(Documents, Small, TestContext.Current.CancellationToken).Save(forwards.Path);
        TokenizerTrainer.Train(Enumerable.Reverse(Documents), Small, TestContext.Current.CancellationToken).Save(backwards.Path);

        foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json"])
            Assert.Equal(File.ReadAllText(forwards.File(file)), File.ReadAllText(backwards.File(file)));
    }

    [Fact]
    public void Train_KnownSample_MergesTheMostFrequentPairFirstAndTheSmallerIdsOnTies()
    {
        // "es" and "st" occur 9 times each, but the pair (e, s) has the smaller left id.
        var tokenizer = TokenizerTrainer.Train(
            [string.Join(' ', Enumerable.Repeat("newest", 6).Concat(Enumerable.Repeat("widest", 3)))],
            new TokenizerTrainerOptions { VocabularySize = 259, SpecialTokens = ["<|endoftext|>"] },
            TestContext.Current.CancellationToken);

        Assert.Equal("es", tokenizer.IdToToken(257));
        Assert.Equal("est", tokenizer.IdToToken(258));
    }

    [Fact]
    public void Train_AnySample_PutsSpecialTokensFirstThenBytes()
    {
        var tokenizer = TokenizerTrainer.Train(Documents, Small, TestContext.Current.CancellationToken);

        Assert.Equal(280, tokenizer.VocabularySize);
        Assert.Equal(0, tokenizer.TokenId("<|endoftext|>"));
        Assert.Equal(1, tokenizer.TokenId("<|answer|>"));
        Assert.Equal(0, tokenizer.EndOfTextId);
        Assert.Equal(2 + 'a', tokenizer.TokenId("a"));
        Assert.Equal(2 + ' ', tokenizer.TokenId("Ġ"));
    }

    [Fact]
    public void Train_SpecialTokenInSample_IsNotLearnedFrom()
    {
        var sample = Enumerable.Repeat("<|endoftext|>", 1000).Append("ab ab").ToArray();

        var tokenizer = TokenizerTrainer.Train(sample, Small, TestContext.Current.CancellationToken);

        Assert.Null(tokenizer.TokenId("endoftext"));
        Assert.NotNull(tokenizer.TokenId("ab"));
    }

    [Fact]
    public void Train_SampleTooSmall_GivesFewerTokens()
    {
        var tokenizer = TokenizerTrainer.Train(["ab ab"], Small, TestContext.Current.CancellationToken);

        Assert.Equal(259, tokenizer.VocabularySize);
    }

    [Fact]
    public void Train_LoadedAgain_EncodesTheSame()
    {
        using var folder = new TemporaryFolder();
        var trained = TokenizerTrainer.Train(Documents, Small, TestContext.Current.CancellationToken);
        trained.Save(folder.Path);

        var loaded = Tokenizer.Load(folder.Path);

        foreach (var document in Documents)
        {
            Assert.Equal(trained.Encode(document), loaded.Encode(document));
            Assert.Equal(document, loaded.Decode(loaded.Encode(document), skipSpecialTokens: false));
        }
    }

    [Fact]
    public void Train_BadOptions_NamesEveryProblem()
    {
        var options = new TokenizerTrainerOptions { VocabularySize = 200, SpecialTokens = ["a", "a"], MinimumPairCount = 0 };

        var error = Assert.Throws<ArgumentException>(() => TokenizerTrainer.Train([], options, TestContext.Current.CancellationToken));

        Assert.Contains("VocabularySize is 200", error.Message, StringComparison.Ordinal);
        Assert.Contains("'a' more than once", error.Message, StringComparison.Ordinal);
        Assert.Contains("'a', which is the name of a byte", error.Message, StringComparison.Ordinal);
        Assert.Contains("MinimumPairCount is 0", error.Message, StringComparison.Ordinal);
    }
}

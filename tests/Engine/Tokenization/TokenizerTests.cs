using CsCheck;
using Platform.Engine.Tokenization;
using static Platform.Engine.Tests.Tokenization.TestTokenizers;

namespace Platform.Engine.Tests.Tokenization;

public sealed class TokenizerTests
{
    // Any UTF-16, so with halves of surrogate pairs; plain letters and blanks often enough for merges to happen.
    private static readonly string[] Familiar =
        ["the", " other", "don't", " ", "\n", "\r\n\t", "東京", "🙂", "é", "e\u0301", "7", "<|", "|>", "<|input|>"];

    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.Int[0, Familiar.Length - 1].Select(index => Familiar[index]),
        Gen.Char[(char)0, char.MaxValue].Select(character => character.ToString()),
        Gen.Int[0x10000, 0x10FFFF].Select(char.ConvertFromUtf32)).Array[0, 40].Select(string.Concat);

    [Fact]
    public void Decode_EncodedText_IsTheText() => AnyText.Sample(text =>
    {
        var expected = UnicodeText.ReplaceLoneSurrogates(text);

        Assert.Equal(expected, ByteLevel.Decode(ByteLevel.Encode(text), skipSpecialTokens: false));
        Assert.Equal(expected, ByteLevel.Decode(ByteLevel.Encode(text, allowSpecial: false)));
    });

    [Fact]
    public void Encode_SpecialTokensNotAllowed_NeverGivesOne() => AnyText.Sample(text =>
        Assert.DoesNotContain(ByteLevel.Encode(text + "<|endoftext|>", allowSpecial: false), ByteLevel.IsSpecial));

    [Fact]
    public void StreamingDecoder_AnyIds_GivesWhatDecodeGives() =>
        Gen.Int[-1, ByteLevel.VocabularySize].Array[0, 60].Sample(ids =>
        {
            var stream = ByteLevel.CreateStreamingDecoder();
            var parts = ids.Select(stream.Append).ToList();
            parts.Add(stream.Finish());

            Assert.Equal(ByteLevel.Decode(ids), string.Concat(parts));
            Assert.DoesNotContain(parts, part => UnicodeText.ReplaceLoneSurrogates(part) != part);
        });

    [Fact]
    public void StreamingDecoder_CharacterInSeveralTokens_WaitsForItsEnd()
    {
        var bytes = Load(Bytes());
        var stream = bytes.CreateStreamingDecoder();

        var parts = bytes.Encode("é🙂!").Select(stream.Append);

        Assert.Equal(["", "é", "", "", "", "🙂", "!"], parts);
    }

    [Fact]
    public void StreamingDecoder_TextEndsInsideACharacter_FinishGivesAReplacement()
    {
        var bytes = Load(Bytes());
        var stream = bytes.CreateStreamingDecoder();

        Assert.Equal("", string.Concat(bytes.Encode("🙂").Take(3).Select(stream.Append)));
        Assert.Equal("\uFFFD", stream.Finish());
        Assert.Equal("", stream.Finish());
        Assert.Throws<InvalidOperationException>(() => stream.Append(0));
    }

    [Fact]
    public void StreamingDecoder_ByteFallback_GivesCharactersAtOnce()
    {
        var tokenizer = Load(SentencePiece());
        var stream = tokenizer.CreateStreamingDecoder();

        var parts = tokenizer.Encode("ab éa").Select(stream.Append);

        Assert.Equal(["ab", " ", "", "é", "a"], parts);
    }

    [Fact]
    public void Encode_SentencePieceStyle_MergesAndFallsBackToBytes()
    {
        var tokenizer = Load(SentencePiece());

        var tokens = tokenizer.Encode("ab abé</s>").Select(tokenizer.IdToToken);

        Assert.Equal(["▁ab", "▁ab", "<0xC3>", "<0xA9>", "</s>"], tokens);
        Assert.Equal("ab abé", tokenizer.Decode(tokenizer.Encode("ab abé</s>")));
    }

    [Fact]
    public void Decode_InvalidByteRun_ReplacesEveryByteOfIt()
    {
        var tokenizer = Load(SentencePiece());
        var ids = new[] { "<0xC3>", "<0xA9>", "<0xC3>", "a" }.Select(token => tokenizer.TokenId(token)!.Value).ToArray();

        Assert.Equal("\uFFFD\uFFFD\uFFFDa", tokenizer.Decode(ids));
    }

    [Fact]
    public void Encode_UnknownCharactersWithoutFallback_AreFused()
    {
        var definition = SentencePiece();
        definition["model"]!["byte_fallback"] = false;
        var tokenizer = Load(definition);

        Assert.Equal(["▁", "<unk>", "a"], tokenizer.Encode("éüa").Select(tokenizer.IdToToken));
    }

    [Theory]
    [InlineData("lstrip", "a  <|x|> b", new[] { "a", "<|x|>", "Ġ", "b" })]
    [InlineData("rstrip", "a <|x|>  b", new[] { "a", "Ġ", "<|x|>", "b" })]
    [InlineData("single_word", "a<|x|>", new[] { "a", "<", "|", "x", "|", ">" })]
    [InlineData("single_word", "a <|x|>!", new[] { "a", "Ġ", "<|x|>", "!" })]
    [InlineData("rstrip", "<|x|>  <|x|>", new[] { "<|x|>", "<|x|>" })]
    [InlineData("lstrip", "\u3000\n<|x|>", new[] { "<|x|>" })]
    public void Encode_AddedTokenOption_IsApplied(string option, string text, string[] expected)
    {
        var definition = Bytes();
        definition["added_tokens"]![0]![option] = true;
        var tokenizer = Load(definition);

        Assert.Equal(expected, tokenizer.Encode(text).Select(tokenizer.IdToToken));
    }

    [Fact]
    public void Encode_NormalizedAddedToken_IsFoundAfterNormalization()
    {
        var definition = Bytes();
        definition["normalizer"] = Replace("_", "|");
        definition["added_tokens"]![0]!["normalized"] = true;
        var tokenizer = Load(definition);

        Assert.Equal([256], tokenizer.Encode("<_x_>"));
    }

    [Theory]
    [InlineData("\u200D")]
    [InlineData("\u0301")]
    [InlineData("\u24D0")]
    [InlineData("𐐷")]
    public void Encode_SingleWordTokenBehindAWordCharacter_IsNotFound(string character)
    {
        var definition = Bytes();
        definition["added_tokens"]![0]!["single_word"] = true;

        Assert.DoesNotContain(256, Load(definition).Encode(character + "<|x|>"));
    }

    [Fact]
    public void Encode_AddedTokenWithinBlanksThatAnotherTookAlready_IsStillFound()
    {
        var definition = Bytes();
        definition["added_tokens"] = new System.Text.Json.Nodes.JsonArray(AddedToken(256, "<x>"), AddedToken(257, "\n"));
        definition["added_tokens"]![0]!["rstrip"] = true;

        // The reference goes back behind the token that it found.
        Assert.Equal([256, 257, ' ', 'a'], Load(definition).Encode("<x>\n a").Select(Plain));

        static int Plain(int id) => id == 220 ? ' ' : id;
    }

    [Fact]
    public void Decode_NormalizedAddedToken_GivesTheFormThatIsFound()
    {
        var definition = SentencePiece();
        definition["added_tokens"]!.AsArray().Add(AddedToken(263, "<n>"));
        definition["added_tokens"]![1]!["normalized"] = true;
        definition["added_tokens"]![1]!["special"] = false;
        var tokenizer = Load(definition);

        Assert.Equal(["▁ab", "▁", "<n>"], tokenizer.Encode("ab  <n>").Select(tokenizer.IdToToken));
        Assert.Equal("ab  <n>", tokenizer.Decode(tokenizer.Encode("ab  <n>")));
    }

    [Fact]
    public void Encode_UnknownBeforeByteFallback_ComesBehindTheBytesAsInTheReference()
    {
        var definition = SentencePiece();
        definition["model"]!["vocab"]!.AsObject().Remove("<0xF0>");
        var tokenizer = Load(definition);

        Assert.Equal(["▁", "<0xC3>", "<0xA9>", "<unk>", "a"], tokenizer.Encode("🙂éa").Select(tokenizer.IdToToken));
    }

    [Theory]
    [InlineData("ab ab  abab é🙂 </s> a b")]
    [InlineData("   ab   ")]
    [InlineData("▁▁ab▁")]
    public void Encode_CutAtWords_GivesWhatTheUncutTextGives(string text)
    {
        var cut = SentencePiece();
        var uncut = SentencePiece();
        uncut["model"]!["vocab"]!["b▁"] = 263;
        cut["model"]!["vocab"]!["b▁"] = 263;

        // A merge across the beginning of a word forbids cutting; this one never happens, since its left side never stands alone.
        uncut["model"]!["vocab"]!["zz"] = 264;
        uncut["model"]!["vocab"]!["zz▁"] = 265;
        uncut["model"]!["merges"]!.AsArray().Add((System.Text.Json.Nodes.JsonNode)"zz ▁");

        Assert.Equal(Load(uncut).Encode(text), Load(cut).Encode(text));
    }

    [Theory]
    [InlineData("ab ab  abab b  b a b", true)]
    [InlineData("b b b", true)]
    [InlineData("aa aa", false)]
    public void Encode_OneCharacterIsMergedWithTheMark_IsNotCutBehindIt(string text, bool isMerged)
    {
        var cut = SentencePiece();
        cut["model"]!["vocab"]!["b▁"] = 263;
        cut["model"]!["merges"]!.AsArray().Add((System.Text.Json.Nodes.JsonNode)"b ▁");
        var uncut = (System.Text.Json.Nodes.JsonObject)cut.DeepClone();
        uncut["model"]!["vocab"]!["zz"] = 264;
        uncut["model"]!["vocab"]!["zz▁"] = 265;
        uncut["model"]!["merges"]!.AsArray().Add((System.Text.Json.Nodes.JsonNode)"zz ▁"); // a longer token, so nothing is cut

        var ids = Load(cut).Encode(text);

        Assert.Equal(Load(uncut).Encode(text), ids);
        Assert.Equal(isMerged, ids.Contains(263));
    }

    [Fact]
    public void Encode_OverlappingAddedTokens_TakesTheLongest()
    {
        var definition = Bytes();
        definition["added_tokens"] = new System.Text.Json.Nodes.JsonArray(AddedToken(256, "<x"), AddedToken(257, "<x>"));

        Assert.Equal([257, 256], Load(definition).Encode("<x><x"));
    }

    [Fact]
    public void Encode_WordThatIsAToken_SkipsTheMergesWhenTheFileSaysSo()
    {
        var definition = Bytes();
        definition["model"]!["vocab"]!["abc"] = 257;

        Assert.Equal(3, Load(definition).Encode("abc").Length);

        definition["model"]!["ignore_merges"] = true;
        Assert.Equal([257], Load(definition).Encode("abc"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Encode_OneLetterAMillionTimes_DoesWorkInProportion(bool sentencePiece)
    {
        var tokenizer = sentencePiece
            ? Load(SentencePiece())
            : TokenizerTrainer.Train([new string('a', 5000)], new TokenizerTrainerOptions { VocabularySize = 265 }, TestContext.Current.CancellationToken);
        var letters = sentencePiece ? "ab" : "a";

        var small = Steps(100_000);
        var large = Steps(1_000_000);

        Assert.InRange(large, small * 8, small * 12);

        long Steps(int length)
        {
            var before = tokenizer.MergeSteps;
            var text = string.Concat(Enumerable.Repeat(letters, length / letters.Length));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
            return tokenizer.MergeSteps - before;
        }
    }

    [Fact]
    public async Task Encode_ManyThreads_GivesTheSame()
    {
        var texts = Enumerable.Range(0, 2000).Select(i => $"the other {i} don't 東京{i % 7}").ToArray();
        var shared = Load(Bytes());
        var alone = Load(Bytes());
        var expected = texts.Select(text => alone.Encode(text)).ToArray();

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            Task.Run(() => texts.Select(text => shared.Encode(text)).ToArray(), TestContext.Current.CancellationToken)));

        Assert.All(results, result => Assert.Equal(expected, result));
    }
}

using System.Text.Json.Nodes;
using Platform.Engine.Tokenization;
using static Platform.Engine.Tests.Tokenization.TestTokenizers;

namespace Platform.Engine.Tests.Tokenization;

public sealed class PreTokenizerTests
{
    [Theory]
    [InlineData("Removed", "a", "b")]
    [InlineData("Isolated", "-", "-", "a", "-", "-", "b", "-")]
    [InlineData("MergedWithPrevious", "-", "-", "a-", "-", "b-")]
    [InlineData("MergedWithNext", "-", "-a", "-", "-b", "-")]
    [InlineData("Contiguous", "--", "a", "--", "b", "-")]
    public void Split_EachBehavior_CutsAsDocumented(string behavior, params string[] expected) =>
        Assert.Equal(expected, Pieces("--a--b-", new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["String"] = "-" },
            ["behavior"] = behavior,
        }));

    [Fact]
    public void Split_Inverted_TakesTheMatchesAsText() =>
        Assert.Equal(["12", "34"], Pieces("a12bc34", new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = @"\d+" },
            ["behavior"] = "Removed",
            ["invert"] = true,
        }));

    [Theory]
    [InlineData("I'M they'll  go\n\n now 42", "I", "'M", " they", "'ll", " ", " go", "\n\n", " now", " ", "4", "2")]
    [InlineData("𝒳𝒴 𝟙𝟚 🙂!", "𝒳𝒴", " ", "𝟙", "𝟚", " 🙂!")]
    [InlineData("it'\u017Fo", "it", "'\u017F", "o")]
    public void Split_Qwen2Pattern_SeesCodePoints(string text, params string[] expected) =>
        Assert.Equal(expected, Pieces(text, new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = SplitPattern.Qwen2 },
            ["behavior"] = "Isolated",
        }));

    // What Oniguruma, the reference's engine, finds; .NET by itself would find something else, or refuse the expression.
    [Theory]
    [InlineData("[a-c𐐀-𐑏]+", "ab𐐷𐐨xc", "ab𐐷𐐨", "x", "c")]
    [InlineData(@"\s+$", "a  \nb \n", "a", "  ", "\nb", " \n")]
    [InlineData("^a", "aa\naa", "a", "a\n", "a", "a")]
    [InlineData("a++b?|b", "aab", "aab")]
    [InlineData("(?>ab|a)b", "abab", "abab")]
    [InlineData("a{,2}b", "aaab", "a", "aab")]
    [InlineData(@"[^\P{Lu}B]", "ABÄ", "A", "B", "Ä")]
    [InlineData("(?i:k)", "k\u212Ax", "k", "\u212A", "x")]
    [InlineData(".", "a\nb", "a", "\n", "b")]
    [InlineData(@"\x{1F642}", "a🙂b", "a", "🙂", "b")]
    public void Split_Pattern_MatchesLikeOniguruma(string regex, string text, params string[] expected) =>
        Assert.Equal(expected, Pieces(text, new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = regex },
            ["behavior"] = "Isolated",
        }));

    [Theory]
    [InlineData("always", "▁a", "▁b")]
    [InlineData("first", "▁a", "▁b")]
    [InlineData("never", "a", "▁b")]
    public void Split_Metaspace_MarksBlanks(string scheme, params string[] expected) =>
        Assert.Equal(expected, Pieces("a b", new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = scheme }));

    [Theory]
    [InlineData(true, "a", "1", "２", "b")]
    [InlineData(false, "a", "1２", "b")]
    public void Split_Digits_OneByOneOrTogether(bool individual, params string[] expected) =>
        Assert.Equal(expected, Pieces("a1２b", new JsonObject { ["type"] = "Digits", ["individual_digits"] = individual }));

    [Fact]
    public void Split_WhitespaceSplit_DropsBlanks() => Assert.Equal(["a", "b"], Pieces(" a\u3000 b\n", Step("WhitespaceSplit")));

    [Fact]
    public void Split_ByteLevelWithPrefixSpace_AddsItOnce()
    {
        var step = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true };

        Assert.Equal([" a", " b"], Pieces("a b", step.DeepClone()));
        Assert.Equal([" a", " b"], Pieces(" a b", step));
    }

    private static string[] Pieces(string text, JsonNode definition)
    {
        var root = JsonField.Parse(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["pre_tokenizer"] = definition }.ToJsonString()), "tokenizer.json");
        var output = new List<Piece>();
        PipelineReader.ReadPreTokenizer(root.Find("pre_tokenizer"))!.Split(new Piece(text.AsMemory(), AtStart: true), output);
        return [.. output.Select(piece => piece.Text.ToString())];
    }
}

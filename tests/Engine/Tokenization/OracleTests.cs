using Platform.TokenizerBench;

namespace Platform.Engine.Tests.Tokenization;

/// <summary>
/// The same tokens and the same text as Hugging Face's own library, asked on the spot, for random and adversarial texts. A sample;
/// <c>bench/tokenizer/run parity</c> compares 20,000 texts and every code point with each tokenizer.
/// </summary>
public sealed class OracleTests
{
    private const int TextCount = 150;

    // Each text of the sweep over all code points holds 48 of them.
    private const int EachCodePoint = 193;

    public static TheoryData<string> VariantNames => [.. Variants.Names];

    [Theory]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    [InlineData("llama2")]
    [InlineData("gpt2")]
    [InlineData("gemma3")]
    [InlineData("deepseek_v3")]
    public void EncodeAndDecode_PublishedTokenizer_GivesWhatTheOracleGives(string name)
    {
        PublishedTokenizers.Require();

        AssertSame(NodePackages.TokenizerFile(name), seed: 20261122);
    }

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void EncodeAndDecode_OtherSettings_GivesWhatTheOracleGives(string variant)
    {
        PublishedTokenizers.Require();
        using var folder = new TemporaryFolder();

        AssertSame(Variants.Write(variant, folder.Path), seed: 7);
    }

    private static void AssertSame(string definition, int seed)
    {
        var (compared, differences) = Parity.Compare(definition, TextCount, EachCodePoint, seed);

        Assert.True(compared > 2 * TextCount, $"Only {compared} comparisons were made.");
        Assert.True(differences.Count == 0, $"{differences.Count} of {compared} differ:\n{string.Join('\n', differences.Take(10))}");
    }
}

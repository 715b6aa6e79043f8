using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests.Tokenization;

public sealed class CanonicalNormalizerTests
{
    [Theory]
    [InlineData("plain ASCII", "plain ASCII")]
    [InlineData("e\u0301", "é")]
    [InlineData("a\u0323\u0302", "\u1EAD")]
    [InlineData("a\u0302\u0323", "\u1EAD")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\u212B", "Å")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("a\u0315\u0300", "à\u0315")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("ﬁ", "ﬁ")]
    public void Compose_Text_GivesFormC(string text, string expected) => Assert.Equal(expected, CanonicalNormalizer.Compose(text));

    [Theory]
    [InlineData("\u1EAD", "a\u0323\u0302")]
    [InlineData("\uAC01", "\u1100\u1161\u11A8")]
    [InlineData("\u1E69", "s\u0323\u0307")]
    public void Decompose_Text_GivesFormD(string text, string expected) => Assert.Equal(expected, CanonicalNormalizer.Decompose(text));

    [Fact]
    public void Compose_EveryCharacter_IsStableAndAgreesWithDecomposition()
    {
        for (var point = 0; point <= 0x2FFFF; point++)
        {
            if (point is >= 0xD800 and <= 0xDFFF)
                continue;
            var composed = CanonicalNormalizer.Compose(char.ConvertFromUtf32(point));

            Assert.Equal(composed, CanonicalNormalizer.Compose(composed));
            Assert.Equal(composed, CanonicalNormalizer.Compose(CanonicalNormalizer.Decompose(composed)));
        }
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Platform.Engine.Pretraining;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests.Pretraining;

public sealed class TokenFileTests
{
    [Fact]
    public void Read_WrittenDocuments_GivesTheirIdsEachWithItsEnd()
    {
        using var folder = new TemporaryFolder();
        string[] documents = ["the red bird\n", "", "naïve 東京 🙂\n"];

        var count = TokenFile.Write(folder.File("corpus.tokens"), documents, TinyModel.Tokenizer, endToken: 0);
        var read = TokenFile.Read(folder.File("corpus.tokens"));

        int[] expected = [.. documents.SelectMany(document => TinyModel.Tokenizer.Encode(document).Append(0))];
        Assert.Equal(expected, read.Ids.ToArray().Select(id => (int)id));
        Assert.Equal(expected.Length, read.Count);
        Assert.Equal(expected.Length, count);
    }

    [Fact]
    public void Write_DocumentThatSpellsTheEndToken_KeepsItAsText()
    {
        using var folder = new TemporaryFolder();

        TokenFile.Write(folder.File("corpus.tokens"), ["a <|endoftext|> b"], TinyModel.Tokenizer, endToken: 0);

        var ids = TokenFile.Read(folder.File("corpus.tokens")).Ids.ToArray();
        Assert.Equal(ids.Length - 1, Array.IndexOf(ids, (ushort)0));
    }

    [Fact]
    public void Write_VocabularyThatTwoBytesCannotHold_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var definition = new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 65_536, ["content"] = "<|end|>", ["special"] = true }),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = new JsonObject { ["a"] = 0 }, ["merges"] = new JsonArray() },
        };
        var tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes(definition.ToJsonString()), null, "tokenizer.json");

        var error = Assert.Throws<ArgumentException>(() => TokenFile.Write(folder.File("corpus.tokens"), ["a"], tokenizer, endToken: 65_536));

        Assert.Contains("two bytes; the vocabulary has 65537", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("corpus.tokens")));
    }

    [Theory]
    [InlineData("one\ntwo\n<|endoftext|>\nthree\n<|endoftext|>\n", "one\ntwo\n", "three\n")]
    [InlineData("one\r\n<|endoftext|>\r\n", "one\n")]
    [InlineData("<|endoftext|>\nthree\n<|endoftext|>", "", "three\n")]
    [InlineData("a <|endoftext|> in a line\n<|endoftext|>\n", "a <|endoftext|> in a line\n")]
    [InlineData("one\n<|endoftext|>\nwithout an end\n", "one\n")]
    [InlineData("")]
    public void Documents_Text_AreSplitAtLinesThatOnlyHoldTheEnd(string text, params string[] expected) =>
        Assert.Equal(expected, TokenFile.Documents(new StringReader(text), long.MaxValue));

    [Fact]
    public void Documents_Limit_LeavesOutTheDocumentThatItCuts()
    {
        var text = string.Concat(Enumerable.Repeat("12345\n<|endoftext|>\n", 10));

        var documents = TokenFile.Documents(new StringReader(text), maxCharacters: 50).ToArray();

        // A document has 6 characters and its end 14: 50 are reached in the third.
        Assert.Equal(["12345\n", "12345\n", "12345\n"], documents);
        Assert.Equal(2, TokenFile.Documents(new StringReader(text), maxCharacters: 46).Count());
    }
}

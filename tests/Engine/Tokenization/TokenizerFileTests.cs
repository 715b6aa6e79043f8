using System.Text.Json.Nodes;
using Platform.Engine.Tokenization;
using static Platform.Engine.Tests.Tokenization.TestTokenizers;

namespace Platform.Engine.Tests.Tokenization;

/// <summary>Damaged and unsupported files are refused with the file, the field and the reason; none is half understood.</summary>
public sealed class TokenizerFileTests
{
    public static TheoryData<string, Action<JsonObject>> Refused => new()
    {
        { "tokenizer.json: the field 'model' is missing.", file => file.Remove("model") },
        { "tokenizer.json: model: the model type 'Unigram' is not supported; only BPE is.", file => file["model"]!["type"] = "Unigram" },
        { "tokenizer.json: model.vocab.a: must be a whole number", file => file["model"]!["vocab"]!["a"] = "seven" },
        { "tokenizer.json: model.vocab: 'a' and 'b' have the same id 98.", file => file["model"]!["vocab"]!["a"] = 98 },
        { "tokenizer.json: the id 2000000000 is far beyond", file => file["model"]!["vocab"]!["a"] = 2_000_000_000 },
        { "tokenizer.json: model.merges[0]: the token 'ab' is not in the vocabulary.", file => file["model"]!["merges"] = new JsonArray("a b") },
        { "tokenizer.json: model.merges[0]: a merge must have two tokens, not 1.", file => file["model"]!["merges"] = new JsonArray(new JsonArray("a")) },
        { "tokenizer.json: model.merges[0]: a merge must be two tokens", file => file["model"]!["merges"] = new JsonArray("ab") },
        { "tokenizer.json: model.end_of_word_suffix: is not supported", file => file["model"]!["end_of_word_suffix"] = "</w>" },
        { "tokenizer.json: model.unk_token: the token '<unk>' is not in the vocabulary.", file => file["model"]!["unk_token"] = "<unk>" },
        { "tokenizer.json: model.byte_fallback: must be true or false, not 1.", file => file["model"]!["byte_fallback"] = 1 },
        { "tokenizer.json: normalizer.type: the normalizer 'Precompiled' is not supported.", file => file["normalizer"] = Step("Precompiled") },
        { "tokenizer.json: normalizer.normalizers[1].type: the normalizer 'Lowercase' is not supported.", file => file["normalizer"] = Step("Sequence", "normalizers", Step("NFC"), Step("Lowercase")) },
        { "tokenizer.json: pre_tokenizer.type: the pre-tokenizer 'BertPreTokenizer' is not supported.", file => file["pre_tokenizer"] = Step("BertPreTokenizer") },
        { "tokenizer.json: pre_tokenizer.pretokenizers[0]: ByteLevel is supported only as the last", file => file["pre_tokenizer"] = Step("Sequence", "pretokenizers", Step("ByteLevel"), Step("Digits")) },
        { @"tokenizer.json: pre_tokenizer.pattern: the regular expression '\w+' is not supported: '\w'", file => file["pre_tokenizer"] = Split(@"\w+") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '[a-z&&[^x]]' is not supported: '&&'", file => file["pre_tokenizer"] = Split("[a-z&&[^x]]") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '(' is not supported", file => file["pre_tokenizer"] = Split("(") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '\\p{Han}' is not supported", file => file["pre_tokenizer"] = Split(@"\p{Han}") },
        { @"tokenizer.json: pre_tokenizer.pattern: the regular expression '\bx' is not supported: '\b' is not supported.", file => file["pre_tokenizer"] = Split(@"\bx") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '[[:alpha:]]' is not supported: '['", file => file["pre_tokenizer"] = Split("[[:alpha:]]") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '(?m:.)' is not supported: '(?m:'", file => file["pre_tokenizer"] = Split("(?m:.)") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '(?i:ss)' is not supported: 'ss' in (?i:...)", file => file["pre_tokenizer"] = Split("(?i:ss)") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '(?i:é)' is not supported: 'é' in (?i:...)", file => file["pre_tokenizer"] = Split("(?i:é)") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression 'a{2}?' is not supported: '{2}?'", file => file["pre_tokenizer"] = Split("a{2}?") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression 'a)' is not supported: a ')' has no '('.", file => file["pre_tokenizer"] = Split("a)") },
        { "tokenizer.json: pre_tokenizer.pattern: the regular expression '[b-a]' is not supported: the range", file => file["pre_tokenizer"] = Split("[b-a]") },
        { "tokenizer.json: pre_tokenizer.add_prefix_space: is false, but prepend_scheme is 'first'", file => file["pre_tokenizer"] = JsonNode.Parse("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false, "prepend_scheme": "first"}""") },
        { "tokenizer.json: model.dropout: merges that are dropped at random are not supported", file => file["model"]!["dropout"] = 0.1 },
        { "tokenizer.json: decoder.type: the decoder 'WordPiece' is not supported.", file => file["decoder"] = Step("WordPiece") },
        { "tokenizer.json: post_processor.type: the post-processor 'BertProcessing' is not supported.", file => file["post_processor"] = Step("BertProcessing") },
        { "tokenizer.json: added_tokens[0].id: must be a whole number", file => file["added_tokens"]![0]!["id"] = -1 },
        { "tokenizer.json: added_tokens[0].id: '<|x|>' and 'a' have the same id 97.", file => file["added_tokens"]![0]!["id"] = 97 },
        { "tokenizer.json: added_tokens[0].id: 'a' has the id 256 here and 97 elsewhere", file => file["added_tokens"]![0]!["content"] = "a" },
        { "tokenizer.json: added_tokens[0].content: an added token must not be empty.", file => file["added_tokens"]![0]!["content"] = "" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Load_DamagedOrUnsupported_NamesFileFieldAndReason(string message, Action<JsonObject> damage)
    {
        var definition = Bytes();
        damage(definition);

        var error = Assert.Throws<InvalidDataException>(() => Load(definition));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoFile_SaysWhatToGive()
    {
        var error = Assert.Throws<FileNotFoundException>(() => Tokenizer.Load("/nowhere/at-all"));

        Assert.Contains("/nowhere/at-all", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"model\": ", "not valid JSON")]
    [InlineData("[]", "must be an object, not a list")]
    public void Load_BrokenFile_NamesItsPath(string content, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("tokenizer.json");
        File.WriteAllText(path, content);

        var error = Assert.Throws<InvalidDataException>(() => Tokenizer.Load(path));

        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ConfigNamesUnknownToken_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), Bytes().ToJsonString());
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"eos_token": {"content": "<|y|>"}}""");

        var error = Assert.Throws<InvalidDataException>(() => Tokenizer.Load(folder.Path));

        Assert.Contains("tokenizer_config.json: eos_token: the token '<|y|>' is not in the vocabulary.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_Template_PutsTokensAroundTheText()
    {
        var definition = Bytes();
        definition["post_processor"] = JsonNode.Parse("""
            {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
              "single": [{"SpecialToken": {"id": "<|x|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<|x|>", "type_id": 0}}],
              "special_tokens": {"<|x|>": {"id": "<|x|>", "ids": [256], "tokens": ["<|x|>"]}}}]}
            """);

        Assert.Equal([256, 'a', 256], Load(definition).Encode("a", addSpecialTokens: true));
    }

    private static JsonObject Split(string regex) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { ["Regex"] = regex },
        ["behavior"] = "Isolated",
    };
}

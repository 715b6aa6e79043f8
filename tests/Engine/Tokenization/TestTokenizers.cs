using System.Text;
using System.Text.Json.Nodes;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests.Tokenization;

/// <summary>Small tokenizers made on the spot.</summary>
internal static class TestTokenizers
{
    /// <summary>Byte-level, with a few merges in several scripts.</summary>
    public static readonly Tokenizer ByteLevel = TokenizerTrainer.Train(
        [string.Concat(Enumerable.Repeat("the other day, naïve 東京 🙂🙃 don't 2026\n", 3))],
        new TokenizerTrainerOptions { VocabularySize = 330, SpecialTokens = ["<|endoftext|>", "<|input|>"] });

    /// <summary>SentencePiece-style: characters, byte fallback, blanks as a visible mark.</summary>
    public static JsonObject SentencePiece()
    {
        var vocabulary = new JsonObject { ["<unk>"] = 0, ["</s>"] = 1 };
        for (var value = 0; value < 256; value++)
            vocabulary[$"<0x{value:X2}>"] = vocabulary.Count;
        foreach (var token in (string[])["▁", "a", "b", "ab", "▁ab"])
            vocabulary[token] = vocabulary.Count;
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(AddedToken(1, "</s>")),
            ["normalizer"] = Step("Sequence", "normalizers", Step("Prepend", "prepend", "▁"), Replace(" ", "▁")),
            ["pre_tokenizer"] = null,
            ["decoder"] = Step("Sequence", "decoders", Replace("▁", " "), Step("ByteFallback"), Step("Fuse"), Strip()),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray("a b", "▁ ab"),
            },
        };
    }

    /// <summary>A byte-level definition without merges, to be bent.</summary>
    public static JsonObject Bytes()
    {
        var vocabulary = new JsonObject();
        for (var value = 0; value < 256; value++)
            vocabulary[ByteAlphabet.ToCharacter((byte)value).ToString()] = value;
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(AddedToken(256, "<|x|>")),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["decoder"] = Step("ByteLevel"),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
    }

    public static Tokenizer Load(JsonObject definition) =>
        Tokenizer.Parse(Encoding.UTF8.GetBytes(definition.ToJsonString()), null, "tokenizer.json");

    public static JsonObject Step(string type) => new() { ["type"] = type };

    public static JsonObject Step(string type, string field, JsonNode value) => new() { ["type"] = type, [field] = value };

    public static JsonObject Step(string type, string field, params JsonNode[] steps) => new() { ["type"] = type, [field] = new JsonArray(steps) };

    public static JsonObject AddedToken(int id, string content) => new() { ["id"] = id, ["content"] = content, ["special"] = true };

    public static JsonObject Replace(string text, string content) =>
        new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = text }, ["content"] = content };

    private static JsonObject Strip() => new() { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 };
}

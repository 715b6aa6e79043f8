using System.Text;
using System.Text.Json.Nodes;

namespace Platform.TokenizerBench;

/// <summary>
/// Published tokenizers with other settings, for what the published files themselves do not use: every option of added tokens, unknowns without
/// byte fallback, other normalizers, splits and decoders of the same families, and the corners of the regular expressions.
/// </summary>
internal static class Variants
{
    private static readonly (string Name, string Base, Action<JsonObject> Change)[] All =
    [
        ("added-tokens", "gpt2", file =>
        {
            file["normalizer"] = Step("NFC");
            Add(file, ("<l>", "lstrip"), ("<r>", "rstrip"), ("<lr>", "lstrip rstrip"), ("<lr>x", ""), ("<w>", "single_word"), ("word", "single_word normalized"), ("é", "normalized"),
                (" <b>", ""), ("  ", ""), ("\n", ""), ("\n\n", "rstrip"), ("<wl>", "single_word lstrip special"), ("Å", "normalized single_word rstrip"));
        }),
        ("added-tokens-prepended", "llama2", file => Add(file, ("<n>", "normalized"), ("tool", "normalized single_word"), ("▁", ""), ("a b", "normalized"), ("<x>", "lstrip"))),
        ("unknown-fused", "llama2", file => file["model"]!["byte_fallback"] = false),
        ("unknown-single", "llama2", file =>
        {
            file["model"]!["byte_fallback"] = false;
            file["model"]!["fuse_unk"] = false;
        }),
        ("bytes-missing", "llama2", file =>
        {
            foreach (var value in (string[])["<0xE2>", "<0xF0>", "<0xCC>"])
                file["model"]!["vocab"]!.AsObject().Remove(value);
        }),
        ("metaspace-always", "llama2", file => Metaspace(file, "always", split: true)),
        ("metaspace-first", "llama2", file => Metaspace(file, "first", split: false)),
        ("metaspace-never", "llama2", file => Metaspace(file, "never", split: true)),
        ("metaspace-whole-words", "llama2", file =>
        {
            Metaspace(file, "always", split: true);
            file["model"]!["ignore_merges"] = true;
        }),
        ("letters-beyond-bmp", "gpt2", file => file["pre_tokenizer"] = Sequence(
            "pretokenizers",
            Split(@"[\r\n]"),
            Split(@"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓͰ-ͳΆΈ-ΊΑ-ΡΣ-ϵЀ-ҁԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽḀ-ἕⱠ-ⱻꙀ-ꙭﬀ-ﬆＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐲀-𐲲𑢠-𑣟𞤀-𞥃]+"),
            Split(@"\s?[!-/:-~！-／：-～‘-‟\u3000-。]+"),
            Split(@"\s+$"),
            Split("[一-龥ࠀ-一가-\ud7ff]+"),
            Step("Digits", ("individual_digits", true)),
            ByteLevel(useRegex: false))),
        ("digits", "gpt2", file => file["pre_tokenizer"] = Sequence("pretokenizers", Step("Digits", ("individual_digits", false)), ByteLevel(useRegex: true))),
        ("prefix-space", "gpt2", file =>
        {
            file["normalizer"] = Step("NFD");
            file["pre_tokenizer"] = Step("ByteLevel", ("add_prefix_space", true), ("trim_offsets", true), ("use_regex", true));
        }),
        ("patterns", "gpt2", file => file["pre_tokenizer"] = Sequence(
            "pretokenizers",
            Split(@"(?<=\p{L})\p{N}++|^\s*?x|(?>th|t)e|\p{Lu}\p{Ll}{1,3}?(?=\p{Ll})|[^\P{L}aeiou]{2,3}|\P{^P}+$|(?i:k'|s's|re)"),
            Split(@"(?<!\S)[\s\p{S}-]+?\b".Replace(@"\b", @"(?=\S|\z)", StringComparison.Ordinal), "MergedWithNext"),
            Split(@"\D\d{,2}|\x41|\u00e9|\x{1F642}", "MergedWithPrevious"),
            ByteLevel(useRegex: false))),
        ("contiguous", "gpt2", file => file["pre_tokenizer"] = Sequence("pretokenizers", Split(@"\s|[.,]", "Contiguous"), ByteLevel(useRegex: false))),
        ("removed", "gpt2", file => file["pre_tokenizer"] = Sequence("pretokenizers", Step("WhitespaceSplit"), Split("e", "Removed"), ByteLevel(useRegex: false))),
        ("normalizers", "llama2", file => file["normalizer"] = Sequence(
            "normalizers",
            Step("Strip", ("strip_left", true), ("strip_right", true)),
            Replace("Regex", @"\s+", " "),
            Step("NFC"),
            Step("Prepend", ("prepend", "▁")),
            Replace("String", " ", "▁"))),
        ("template", "llama3_1", file => file["post_processor"] = Sequence("processors", Template("<|begin_of_text|>", 128000), Step("ByteLevel", ("add_prefix_space", true), ("trim_offsets", false), ("use_regex", true)))),
    ];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => All.Select(variant => variant.Name);

    /// <summary>Writes a variant's tokenizer.json into a folder; returns its path.</summary>
    public static string Write(string name, string folder)
    {
        var (_, original, change) = All.Single(variant => variant.Name == name);
        var file = JsonNode.Parse(File.ReadAllBytes(NodePackages.TokenizerFile(original)))!.AsObject();
        change(file);
        var path = Path.Combine(folder, name + ".json");
        File.WriteAllText(path, file.ToJsonString(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return path;
    }

    // The reference gives tokens that the model lacks the ids behind the vocabulary, in order.
    private static void Add(JsonObject file, params (string Content, string Options)[] tokens)
    {
        var vocabulary = file["model"]!["vocab"]!.AsObject();
        var next = vocabulary.Count;
        foreach (var (content, options) in tokens)
        {
            var token = new JsonObject { ["id"] = vocabulary.ContainsKey(content) ? vocabulary[content]!.GetValue<int>() : next++, ["content"] = content };
            foreach (var option in (string[])["single_word", "lstrip", "rstrip", "normalized", "special"])
                token[option] = options.Split(' ').Contains(option);
            file["added_tokens"]!.AsArray().Add((JsonNode)token);
        }
    }

    private static void Metaspace(JsonObject file, string scheme, bool split)
    {
        file["normalizer"] = null;
        file["pre_tokenizer"] = Step("Metaspace", ("replacement", "▁"), ("prepend_scheme", scheme), ("split", split));
        file["decoder"] = Sequence("decoders", Step("ByteFallback"), Step("Metaspace", ("replacement", "▁"), ("prepend_scheme", scheme), ("split", split)));
    }

    private static JsonObject Template(string token, int id) => new()
    {
        ["type"] = "TemplateProcessing",
        ["single"] = new JsonArray(Special(token), Special(token), new JsonObject { ["Sequence"] = Part("A") }, Special(token)),
        ["pair"] = new JsonArray(new JsonObject { ["Sequence"] = Part("A") }, new JsonObject { ["Sequence"] = Part("B") }),
        ["special_tokens"] = new JsonObject { [token] = new JsonObject { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) } },
    };

    private static JsonObject Special(string token) => new() { ["SpecialToken"] = Part(token) };

    private static JsonObject Part(string id) => new() { ["id"] = id, ["type_id"] = 0 };

    private static JsonObject ByteLevel(bool useRegex) => Step("ByteLevel", ("add_prefix_space", false), ("trim_offsets", true), ("use_regex", useRegex));

    private static JsonObject Split(string regex, string behavior = "Isolated") =>
        Step("Split", ("pattern", new JsonObject { ["Regex"] = regex }), ("behavior", behavior), ("invert", false));

    private static JsonObject Replace(string kind, string pattern, string content) =>
        Step("Replace", ("pattern", new JsonObject { [kind] = pattern }), ("content", content));

    private static JsonObject Sequence(string field, params JsonObject[] steps) => Step("Sequence", (field, new JsonArray(steps)));

    private static JsonObject Step(string type, params (string Name, JsonNode Value)[] fields)
    {
        var step = new JsonObject { ["type"] = type };
        foreach (var (name, value) in fields)
            step[name] = value;
        return step;
    }
}

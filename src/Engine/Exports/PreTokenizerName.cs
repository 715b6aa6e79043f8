using System.Text.Json;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Exports;

/// <summary>
/// llama.cpp cuts text into words by code of its own, chosen by a name in the file (<c>tokenizer.ggml.pre</c>); this finds the name whose
/// code does what a tokenizer.json asks for.
/// </summary>
internal static class PreTokenizerName
{
    private const string Gpt2Split = "ByteLevel with its own split";
    private const string SingleDigits = "Digits one by one";

    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // llama-bpe and tekken look whole words up before they merge (ignore_merges), the others never do.
    private static readonly (string Name, bool LooksUpWholeWords, string[] Steps)[] Known =
    [
        ("qwen2", false, [SplitPattern.Qwen2]),
        ("llama-bpe", true, [Llama3]),
        ("smaug-bpe", false, [Llama3]),
        ("tekken", true, [Tekken]),
        ("smollm", false, [SingleDigits, Gpt2Split]),
        ("gpt-2", false, [Gpt2Split]),
    ];

    /// <summary>The name.</summary>
    /// <param name="root">tokenizer.json of a byte-level BPE.</param>
    /// <exception cref="InvalidDataException">llama.cpp has no pre-tokenizer that does this.</exception>
    public static string Find(JsonField root)
    {
        var field = root.Get("pre_tokenizer");
        string[] steps = [.. Steps(field)];
        var looksUp = root.Get("model").Flag("ignore_merges", false);
        foreach (var (name, looksUpWholeWords, known) in Known)
        {
            if (looksUpWholeWords == looksUp && known.SequenceEqual(steps))
                return name;
        }

        throw field.Error($"llama.cpp has no pre-tokenizer that does [{string.Join("; ", steps)}]{(looksUp ? " with ignore_merges" : "")}; export this model as a Hugging Face folder instead.");
    }

    private static IEnumerable<string> Steps(JsonField step)
    {
        var type = step.Get("type").AsText();
        switch (type)
        {
            case "Sequence":
                return step.Get("pretokenizers").AsArray().SelectMany(Steps);
            case "ByteLevel" when step.Flag("add_prefix_space", true):
                return ["ByteLevel with add_prefix_space"];
            case "ByteLevel":
                return step.Flag("use_regex", true) ? [Gpt2Split] : [];
            case "Digits" when step.Flag("individual_digits", false):
                return [SingleDigits];
            case "Split" when step.Get("behavior").AsText() == "Isolated" && !step.Flag("invert", false) && step.Get("pattern").Find("Regex") is { } regex:
                return [regex.AsText()];
            // As older files write the same: what the expression matches is cut out, and nothing is left between.
            case "Split" when step.Get("behavior").AsText() == "Removed" && step.Flag("invert", false) && step.Get("pattern").Find("Regex") is { Kind: JsonValueKind.String } regex:
                return [regex.AsText()];
            default:
                return [type];
        }
    }
}

namespace Platform.Engine.Tokenization;

/// <summary>Reads the steps around the model from tokenizer.json. What is not supported is refused by its name, never skipped.</summary>
internal static class PipelineReader
{
    /// <summary>What is done to the text before it is split; null for nothing.</summary>
    public static Func<string, string>? ReadNormalizer(JsonField? field)
    {
        if (field is not { } normalizer)
            return null;
        switch (Type(normalizer))
        {
            case "Sequence":
                var steps = normalizer.Get("normalizers").AsArray().Select(step => ReadNormalizer(step)!).ToArray();
                return text => steps.Aggregate(text, (current, step) => step(current));
            case "NFC":
                return CanonicalNormalizer.Compose;
            case "NFD":
                return CanonicalNormalizer.Decompose;
            case "Prepend":
                var prefix = normalizer.Get("prepend").AsText();
                return text => text.Length == 0 ? text : prefix + text;
            case "Replace":
                return ReadReplace(normalizer);
            case "Strip":
                var (left, right) = (normalizer.Flag("strip_left", true), normalizer.Flag("strip_right", true));
                return text => (left ? text.TrimStart() : text) is var rest && right ? rest.TrimEnd() : rest;
            default:
                throw Unsupported(normalizer, "normalizer");
        }
    }

    /// <summary>How the text is cut into words; null for not at all.</summary>
    public static PreTokenizer? ReadPreTokenizer(JsonField? field)
    {
        if (field is not { } step)
            return null;
        switch (Type(step))
        {
            case "Sequence":
                return new SequencePreTokenizer([.. step.Get("pretokenizers").AsArray().Select(part => ReadPreTokenizer(part)!)]);
            case "Split":
                return new SplitPreTokenizer(ReadPattern(step), ReadBehavior(step), step.Flag("invert", false));
            case "ByteLevel":
                var pattern = step.Flag("use_regex", true) ? new SplitPattern(SplitPattern.Gpt2, step.Where) : null;
                return new ByteLevelPreTokenizer(step.Flag("add_prefix_space", true), pattern);
            case "Digits":
                var behavior = step.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous;
                return new RunePreTokenizer(RunePreTokenizer.IsNumeric, behavior);
            case "WhitespaceSplit":
                return new RunePreTokenizer(System.Text.Rune.IsWhiteSpace, SplitBehavior.Removed);
            case "Metaspace":
                return new MetaspacePreTokenizer(
                    step.Get("replacement").AsCharacter(), ReadPrependScheme(step), step.Flag("split", true));
            default:
                throw Unsupported(step, "pre-tokenizer");
        }
    }

    /// <summary>Whether the pre-tokenizer turns the text into bytes, which then are the model's symbols.</summary>
    public static bool IsByteLevel(JsonField? field)
    {
        if (field is not { } step)
            return false;
        if (Type(step) != "Sequence")
            return Type(step) == "ByteLevel";

        var parts = step.Get("pretokenizers").AsArray().ToArray();
        var misplaced = Array.FindIndex(parts, part => IsByteLevel(part));
        if (misplaced >= 0 && misplaced != parts.Length - 1)
            throw parts[misplaced].Error("ByteLevel is supported only as the last pre-tokenizer.");
        return misplaced >= 0;
    }

    /// <summary>The steps from tokens to text; each call of the result gives fresh ones, for a stream or for a whole text.</summary>
    public static Func<bool, DecoderStage[]> ReadDecoder(JsonField? field)
    {
        if (field is not { } decoder)
            return _ => [new BlankBetweenStage()];
        if (Type(decoder) != "Sequence")
            return ReadDecoderStage(decoder, fused: false) is { } single ? stream => [single(stream)] : _ => [];

        var stages = new List<Func<bool, DecoderStage>>();
        var fused = false;
        foreach (var step in decoder.Get("decoders").AsArray())
        {
            if (ReadDecoderStage(step, fused) is { } stage)
                stages.Add(stage);
            fused |= Type(step) is "Fuse" or "ByteLevel";
        }

        return stream => [.. stages.Select(create => create(stream))];
    }

    private static Func<bool, DecoderStage>? ReadDecoderStage(JsonField step, bool fused)
    {
        switch (Type(step))
        {
            case "ByteLevel":
                return _ => new ByteLevelStage();
            case "ByteFallback":
                return stream => new ByteFallbackStage(stream);
            case "Fuse":
                return null;
            case "Replace":
                if (fused)
                    throw step.Error("Replace is supported only before Fuse.");
                var replace = ReadReplace(step);
                return _ => new ReplaceStage(replace);
            case "Strip":
                if (step.Find("stop")?.AsNumber() is > 0)
                    throw step.Get("stop").Error("stripping the end of a text is not supported; it must be 0.");
                var (content, start) = (step.Get("content").AsCharacter(), step.Get("start").AsNumber());
                return _ => new StripStartStage(content, start, fused);
            case "Metaspace":
                var (replacement, scheme) = (step.Get("replacement").AsCharacter(), ReadPrependScheme(step));
                return _ => new MetaspaceStage(replacement, scheme != PrependScheme.Never);
            default:
                throw Unsupported(step, "decoder");
        }
    }

    private static string Type(JsonField step) => step.Get("type").AsText();

    private static InvalidDataException Unsupported(JsonField step, string what) =>
        step.Get("type").Error($"the {what} '{Type(step)}' is not supported.");

    private static SplitPattern ReadPattern(JsonField owner)
    {
        var pattern = owner.Get("pattern");
        return pattern.Find("String") is { } literal
            ? SplitPattern.Literal(literal.AsText())
            : new SplitPattern(pattern.Get("Regex").AsText(), pattern.Where);
    }

    private static Func<string, string> ReadReplace(JsonField owner)
    {
        var content = owner.Text("content", "");
        if (owner.Get("pattern").Find("String")?.AsText() is { Length: > 0 } literal)
            return text => text.Replace(literal, content, StringComparison.Ordinal);

        var pattern = ReadPattern(owner);
        return text => Replace(text, pattern, content);
    }

    private static string Replace(string text, SplitPattern pattern, string content)
    {
        var matches = new List<(int Start, int Length)>();
        pattern.FindMatches(text, matches);
        var result = new System.Text.StringBuilder();
        var position = 0;
        foreach (var (start, length) in matches)
        {
            result.Append(text, position, start - position).Append(content);
            position = start + length;
        }

        return result.Append(text, position, text.Length - position).ToString();
    }

    private static SplitBehavior ReadBehavior(JsonField step)
    {
        var name = step.Get("behavior").AsText();
        return Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior)
            ? behavior
            : throw step.Get("behavior").Error($"the behavior '{name}' is not supported.");
    }

    private static PrependScheme ReadPrependScheme(JsonField step)
    {
        // Older files say add_prefix_space instead; the reference refuses files that contradict themselves.
        var prefixSpace = step.Flag("add_prefix_space", true);
        var name = step.Text("prepend_scheme", prefixSpace ? "always" : "never");
        if (!prefixSpace && name != "never")
            throw step.Get("add_prefix_space").Error($"is false, but prepend_scheme is '{name}'; only 'never' goes with it.");
        return name switch
        {
            "always" => PrependScheme.Always,
            "never" => PrependScheme.Never,
            "first" => PrependScheme.First,
            _ => throw step.Get("prepend_scheme").Error($"the scheme '{name}' is not supported."),
        };
    }
}

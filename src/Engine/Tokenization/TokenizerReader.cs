using System.Text.Json;

namespace Platform.Engine.Tokenization;

/// <summary>Reads the vocabulary, the model and the added tokens of a tokenizer.json.</summary>
internal static class TokenizerReader
{
    /// <summary>The added tokens, in the order of the file.</summary>
    public static List<AddedToken> ReadAddedTokens(JsonField root) =>
        root.Find("added_tokens") is not { } list ? [] : [.. list.AsArray().Select(ReadAddedToken)];

    /// <summary>The model.</summary>
    public static BpeDefinition ReadModel(JsonField root, IReadOnlyList<AddedToken> addedTokens)
    {
        var model = root.Get("model");
        RefuseUnsupported(model);
        var vocabulary = ReadVocabulary(model.Get("vocab"));
        var special = addedTokens.Where(token => token.Special).Select(token => token.Id).ToHashSet();
        var unknown = ReadUnknown(model, vocabulary);
        var (merges, joinedWithMark) = ReadMerges(model.Get("merges"), vocabulary, special, unknown);
        return new BpeDefinition
        {
            Vocabulary = vocabulary,
            Merges = merges,
            JoinedWithMark = joinedWithMark,
            SpecialIds = special,
            ByteLevel = PipelineReader.IsByteLevel(root.Find("pre_tokenizer")),
            ByteFallback = model.Flag("byte_fallback", false),
            UnknownId = unknown,
            FusesUnknown = model.Flag("fuse_unk", false),
            LooksUpWholeWords = model.Flag("ignore_merges", false),
        };
    }

    /// <summary>Ids that go before and after a text when special tokens are asked for.</summary>
    public static (int[] Before, int[] After) ReadTemplate(JsonField? field)
    {
        if (field is not { } step)
            return ([], []);
        switch (step.Get("type").AsText())
        {
            case "ByteLevel":
                return ([], []);
            case "TemplateProcessing":
                return ReadSingleTemplate(step);
            case "Sequence":
                var parts = step.Get("processors").AsArray().Select(part => ReadTemplate(part)).ToArray();
                return ([.. parts.Reverse().SelectMany(part => part.Before)], [.. parts.SelectMany(part => part.After)]);
            default:
                throw step.Get("type").Error($"the post-processor '{step.Get("type").AsText()}' is not supported.");
        }
    }

    private static AddedToken ReadAddedToken(JsonField field)
    {
        var content = field.Get("content").AsText();
        if (content.Length == 0)
            throw field.Get("content").Error("an added token must not be empty.");
        var special = field.Flag("special", false);
        return new AddedToken(field.Get("id").AsNumber(), content)
        {
            Special = special,
            SingleWord = field.Flag("single_word", false),
            StripsLeft = field.Flag("lstrip", false),
            StripsRight = field.Flag("rstrip", false),
            Normalized = field.Flag("normalized", !special),
        };
    }

    private static void RefuseUnsupported(JsonField model)
    {
        // Files from before the field existed are BPE if they have merges.
        var type = model.Text("type", model.Find("merges") is null ? "(none)" : "BPE");
        if (type != "BPE")
            throw model.Error($"the model type '{type}' is not supported; only BPE is.");
        if (model.Find("dropout") is { IsZero: false } rate)
            throw rate.Error("merges that are dropped at random are not supported; it must be null or 0.");
        foreach (var affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Text(affix, "").Length > 0)
                throw model.Get(affix).Error("is not supported; it must be empty.");
        }
    }

    private static Dictionary<string, int> ReadVocabulary(JsonField field)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in field.AsFields())
        {
            if (!vocabulary.TryAdd(token, id.AsNumber()))
                throw id.Error($"the token '{token}' is there more than once.");
        }

        return vocabulary;
    }

    private static int? ReadUnknown(JsonField model, Dictionary<string, int> vocabulary)
    {
        if (model.Find("unk_token") is not { } field || field.AsText() is not { Length: > 0 } token)
            return null;
        return vocabulary.TryGetValue(token, out var id) ? id : throw field.Error($"the token '{token}' is not in the vocabulary.");
    }

    private static (MergeTable Merges, HashSet<char>? JoinedWithMark) ReadMerges(
        JsonField field, Dictionary<string, int> vocabulary, HashSet<int> special, int? unknown)
    {
        var merges = new List<(int Left, int Right, int Id)>();
        HashSet<char>? joined = [];
        foreach (var entry in field.AsArray())
        {
            var (left, right) = ReadPair(entry);
            var merged = Id(left + right);
            if (right.StartsWith(BpeModel.Mark) && !left.EndsWith(BpeModel.Mark))
            {
                // A longer token may stand for a byte or for an unknown character, which the text spells otherwise.
                joined = left.Length == 1 && Id(left) != unknown ? joined : null;
                joined?.Add(left[0]);
            }

            // Text that merely spells a special token must not become one: that rank then belongs to a pair that does not exist.
            merges.Add(special.Contains(merged) ? (-1, -1, merged) : (Id(left), Id(right), merged));

            int Id(string token) => vocabulary.TryGetValue(token, out var id)
                ? id
                : throw entry.Error($"the token '{token}' is not in the vocabulary.");
        }

        return (new MergeTable(merges), joined);
    }

    // ["a", "b"], or "a b" in older files.
    private static (string Left, string Right) ReadPair(JsonField entry)
    {
        if (entry.Kind == JsonValueKind.String)
        {
            var parts = entry.AsText().Split(' ');
            return parts.Length == 2 ? (parts[0], parts[1]) : throw entry.Error("a merge must be two tokens with one blank between them.");
        }

        var pair = entry.AsArray().Select(token => token.AsText()).ToArray();
        return pair.Length == 2 ? (pair[0], pair[1]) : throw entry.Error($"a merge must have two tokens, not {pair.Length}.");
    }

    private static (int[] Before, int[] After) ReadSingleTemplate(JsonField step)
    {
        List<int> before = [], after = [];
        var target = before;
        foreach (var part in step.Get("single").AsArray())
        {
            if (part.Find("SpecialToken") is { } special)
                target.AddRange(step.Get("special_tokens").Get(special.Get("id").AsText()).Get("ids").AsArray().Select(id => id.AsNumber()));
            else
                target = part.Find("Sequence") is null || target == after
                    ? throw part.Error("must be a SpecialToken, or the one Sequence of the text.")
                    : after;
        }

        return ([.. before], [.. after]);
    }
}

using System.Text.Json;
using Platform.Engine.Tokenization;

namespace Platform.TokenizerBench;

/// <summary>Compares the engine's tokenizer with Hugging Face's library, text by text.</summary>
internal static class Parity
{
    /// <summary>Encodes and decodes so many texts both ways.</summary>
    /// <param name="definition">The tokenizer.json.</param>
    /// <param name="count">Number of random texts; as many lists of random ids are decoded.</param>
    /// <param name="eachCodePoint">Of the texts that together hold every code point, every so many-th.</param>
    /// <param name="seed">Decides the texts.</param>
    /// <returns>How many comparisons were made, and a description of each that differs.</returns>
    public static (int Compared, List<string> Differences) Compare(string definition, int count, int eachCodePoint, int seed)
    {
        var tokenizer = Tokenizer.Load(definition);
        var random = new Texts(seed, ReadAddedTokens(definition), Pieces(tokenizer));
        List<string> texts = [.. random.Take(count), .. Texts.EveryCodePoint(eachCodePoint)];
        var ids = random.TakeIds(count, tokenizer.VocabularySize);
        var (expectedTexts, expectedIds) = Oracle.Ask(definition, texts, ids);

        var differences = new List<string>();
        for (var i = 0; i < texts.Count; i++)
            CompareText(tokenizer, texts[i], expectedTexts[i], differences);
        for (var i = 0; i < ids.Count; i++)
            CompareIds(tokenizer, ids[i], expectedIds[i].Decoded, expectedIds[i].Skipped, differences);
        return (texts.Count + ids.Count, differences);
    }

    private static void CompareText(Tokenizer tokenizer, string text, OracleText expected, List<string> differences)
    {
        var actual = tokenizer.Encode(text);
        if (!actual.AsSpan().SequenceEqual(expected.Ids))
            differences.Add($"{Quote(text)}: ids {List(actual)}, expected {List(expected.Ids)}");
        var special = tokenizer.Encode(text, addSpecialTokens: true);
        if (!special.AsSpan().SequenceEqual(expected.Special))
            differences.Add($"{Quote(text)}: with special tokens {List(special)}, expected {List(expected.Special)}");
        CompareIds(tokenizer, expected.Ids, expected.Decoded, expected.Skipped, differences);
    }

    private static void CompareIds(Tokenizer tokenizer, int[] ids, string decoded, string skipped, List<string> differences)
    {
        var actual = tokenizer.Decode(ids, skipSpecialTokens: false);
        if (actual != decoded)
            differences.Add($"{List(ids)}: text {Quote(actual)}, expected {Quote(decoded)}");
        var actualSkipped = tokenizer.Decode(ids);
        if (actualSkipped != skipped)
            differences.Add($"{List(ids)}: without special tokens {Quote(actualSkipped)}, expected {Quote(skipped)}");

        var stream = tokenizer.CreateStreamingDecoder(skipSpecialTokens: false);
        var parts = ids.Select(stream.Append).ToList();
        parts.Add(stream.Finish());
        if (parts.Find(HasHalfCharacter) is { } half)
            differences.Add($"{List(ids)}: the stream hands out half a character in {Quote(half)}");

        // A stream of single bytes that are no valid UTF-8 has handed out the valid ones when the whole-text decoding still replaces them all.
        if (!decoded.Contains('\uFFFD', StringComparison.Ordinal) && string.Concat(parts) != decoded)
            differences.Add($"{List(ids)}: streamed {Quote(string.Concat(parts))}, expected {Quote(decoded)}");
    }

    private static bool HasHalfCharacter(string part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            if (char.IsSurrogate(part[i]) && !(i + 1 < part.Length && char.IsSurrogatePair(part[i], part[++i])))
                return true;
        }

        return false;
    }

    private static string[] ReadAddedTokens(string definition)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(definition));
        return document.RootElement.TryGetProperty("added_tokens", out var tokens)
            ? [.. tokens.EnumerateArray().Select(token => token.GetProperty("content").GetString()!)]
            : [];
    }

    // Text of single tokens, the rare ones at the end of the vocabulary included.
    private static string[] Pieces(Tokenizer tokenizer) =>
        [.. Enumerable.Range(0, 4000).Select(i => tokenizer.Decode([(int)((long)i * tokenizer.VocabularySize / 4000)])).Where(text => text.Length > 0)];

    private static string Quote(string text) => JsonSerializer.Serialize(text.Length <= 300 ? text : text[..300] + "...");

    private static string List(int[] ids) => ids.Length <= 60 ? $"[{string.Join(' ', ids)}]" : $"[{string.Join(' ', ids[..60])} ...]";
}

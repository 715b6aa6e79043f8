namespace Platform.Engine.Evaluation;

/// <summary>A typed span of words, as tagging and extraction tasks write it: "type: words".</summary>
internal readonly record struct TypedSpan(string Type, string Words)
{
    /// <summary>Reads "type: words; type: words"; "none" and an empty text hold no span. A part without "type:" has type "".</summary>
    public static List<TypedSpan> Parse(string text)
    {
        var spans = new List<TypedSpan>();
        if (text.Trim() is "" or "none") return spans;
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            var words = part[(colon + 1)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            spans.Add(new TypedSpan(colon < 0 ? "" : part[..colon].Trim(), string.Join(' ', words)));
        }
        return spans;
    }
}

/// <summary>Metrics of tagging and extraction tasks.</summary>
internal static class SpanScores
{
    /// <summary>
    /// Micro-averaged F1 of exact spans over all rows: 2 hits / (expected + answered), as conlleval and seqeval count entities
    /// (Tjong Kim Sang and De Meulder, CoNLL 2003), except that a span is its type and words (case matters), not its position.
    /// A span that occurs twice must be answered twice. 0 when no row has a span and none is answered.
    /// </summary>
    public static RowScores SpanF1(IReadOnlyList<Prediction> rows) => SummedScores.Of(
        rows,
        row =>
        {
            var expected = TypedSpan.Parse(row.Expected);
            var answered = TypedSpan.Parse(row.Actual);
            double sizes = expected.Count + answered.Count;
            return [answered.Count(expected.Remove), sizes];
        },
        sums => sums[1] == 0 ? 0 : 2 * sums[0] / sums[1]);

    /// <summary>
    /// Right tags / expected tags over all rows, compared position by position; a missing tag is wrong, tags past the end are
    /// ignored. The expected tags are the row's tags where it has them, else its output split at white space. Where the row has
    /// tokens and its output is a list of spans, the answered spans are first laid over the tokens, from left to right.
    /// </summary>
    public static RowScores TokenAccuracy(IReadOnlyList<Prediction> rows) => SummedScores.Of(
        rows,
        row =>
        {
            var written = Split(row.Expected);
            var expected = row.ExpectedTags ?? written;
            var spans = row.Tokens is not null && row.ExpectedTags is not null && !written.SequenceEqual(row.ExpectedTags);
            var answered = spans ? Tags(TypedSpan.Parse(row.Actual), row.Tokens!) : Split(row.Actual);
            return [expected.Zip(answered).Count(pair => pair.First == pair.Second), expected.Count];
        },
        sums => sums[1] == 0 ? 0 : sums[0] / sums[1]);

    /// <summary>IOB2 tags of spans: each span takes the first place after the one before it where its words stand.</summary>
    internal static string[] Tags(IReadOnlyList<TypedSpan> spans, IReadOnlyList<string> tokens)
    {
        var tags = new string[tokens.Count];
        Array.Fill(tags, "O");
        var from = 0;
        foreach (var span in spans)
        {
            var words = Split(span.Words);
            var start = Find(words, tokens, from);
            if (words.Length == 0 || start < 0) continue;
            for (var i = 0; i < words.Length; i++) tags[start + i] = (i == 0 ? "B-" : "I-") + span.Type;
            from = start + words.Length;
        }
        return tags;
    }

    private static int Find(string[] words, IReadOnlyList<string> tokens, int from)
    {
        for (var start = from; start + words.Length <= tokens.Count; start++)
        {
            var length = 0;
            while (length < words.Length && tokens[start + length] == words[length]) length++;
            if (length == words.Length) return start;
        }
        return -1;
    }

    private static string[] Split(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

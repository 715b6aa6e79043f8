namespace Platform.Engine.Tokenization;

/// <summary>Cuts a piece at delimiters, in the five ways of the reference.</summary>
internal static class DelimiterSplit
{
    /// <param name="piece">What is cut.</param>
    /// <param name="matches">The delimiters, in order, none empty.</param>
    /// <param name="behavior">What becomes of them.</param>
    /// <param name="invert">The delimiters are what lies between the matches.</param>
    /// <param name="output">Receives the parts.</param>
    public static void Apply(
        Piece piece, List<(int Start, int Length)> matches, SplitBehavior behavior, bool invert, List<Piece> output)
    {
        if (behavior == SplitBehavior.Isolated)
            Isolate(piece, matches, output);
        else
            Emit(piece, Join(Cut(piece.Text.Length, matches, invert), behavior), output);
    }

    // What nearly every tokenizer uses, hence without intermediate lists.
    private static void Isolate(Piece piece, List<(int Start, int Length)> matches, List<Piece> output)
    {
        var position = 0;
        foreach (var (start, length) in matches)
        {
            if (start > position)
                output.Add(new Piece(piece.Text[position..start], piece.AtStart && position == 0));
            output.Add(new Piece(piece.Text.Slice(start, length), piece.AtStart && start == 0));
            position = start + length;
        }

        if (position < piece.Text.Length)
            output.Add(new Piece(piece.Text[position..], piece.AtStart && position == 0));
    }

    private static void Emit(Piece piece, List<(int Start, int End)> parts, List<Piece> output)
    {
        foreach (var (start, end) in parts)
        {
            if (end > start)
                output.Add(new Piece(piece.Text[start..end], piece.AtStart && start == 0));
        }
    }

    private static List<(int Start, int End, bool Delimiter)> Cut(int length, List<(int Start, int Length)> matches, bool invert)
    {
        var parts = new List<(int Start, int End, bool Delimiter)>();
        var position = 0;
        foreach (var (start, matchLength) in matches)
        {
            if (start > position)
                parts.Add((position, start, invert));
            parts.Add((start, start + matchLength, !invert));
            position = start + matchLength;
        }

        if (position < length)
            parts.Add((position, length, invert));
        return parts;
    }

    private static List<(int Start, int End)> Join(List<(int Start, int End, bool Delimiter)> parts, SplitBehavior behavior)
    {
        var joined = new List<(int Start, int End)>();
        for (var i = 0; i < parts.Count; i++)
        {
            var (start, end, delimiter) = parts[i];
            if (behavior == SplitBehavior.Removed && delimiter)
                continue;
            var joins = i > 0 && behavior switch
            {
                SplitBehavior.Contiguous => delimiter == parts[i - 1].Delimiter,
                SplitBehavior.MergedWithPrevious => delimiter && !parts[i - 1].Delimiter,
                SplitBehavior.MergedWithNext => !delimiter && parts[i - 1].Delimiter,
                _ => false,
            };
            if (joins)
                joined[^1] = (joined[^1].Start, end);
            else
                joined.Add((start, end));
        }

        return joined;
    }
}

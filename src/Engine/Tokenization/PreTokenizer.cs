using System.Globalization;
using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>A part of the text on its way to the model.</summary>
/// <param name="Text">The part.</param>
/// <param name="AtStart">It begins where the whole text begins.</param>
internal readonly record struct Piece(ReadOnlyMemory<char> Text, bool AtStart);

/// <summary>Cuts pieces into smaller ones, down to the words that the model encodes each by itself.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Appends the parts of <paramref name="piece"/> to <paramref name="output"/>.</summary>
    public abstract void Split(Piece piece, List<Piece> output);
}

/// <summary>What becomes of the delimiters that a <see cref="SplitPreTokenizer"/> finds.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>One after the other, each on the pieces of the one before.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override void Split(Piece piece, List<Piece> output)
    {
        var pieces = new List<Piece> { piece };
        foreach (var step in steps)
        {
            var next = new List<Piece>(pieces.Count);
            foreach (var part in pieces)
                step.Split(part, next);
            pieces = next;
        }

        output.AddRange(pieces);
    }
}

/// <summary>Cuts at the matches of a pattern.</summary>
internal sealed class SplitPreTokenizer(SplitPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    [ThreadStatic]
    private static List<(int Start, int Length)>? t_matches;

    public override void Split(Piece piece, List<Piece> output)
    {
        var matches = t_matches ??= [];
        matches.Clear();
        pattern.FindMatches(piece.Text.Span, matches);
        DelimiterSplit.Apply(piece, matches, behavior, invert, output);
    }
}

/// <summary>Cuts at single code points that meet a condition.</summary>
internal sealed class RunePreTokenizer(Func<Rune, bool> isDelimiter, SplitBehavior behavior) : PreTokenizer
{
    /// <summary>The reference's is_numeric: all number categories, with the characters that Unicode 17 added to them.</summary>
    public static bool IsNumeric(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
        || rune.Value is (>= 0x11DE0 and <= 0x11DE9) or (>= 0x16FF4 and <= 0x16FF6);

    public override void Split(Piece piece, List<Piece> output)
    {
        var matches = new List<(int Start, int Length)>();
        var position = 0;
        foreach (var rune in piece.Text.Span.EnumerateRunes())
        {
            if (isDelimiter(rune))
                matches.Add((position, rune.Utf16SequenceLength));
            position += rune.Utf16SequenceLength;
        }

        DelimiterSplit.Apply(piece, matches, behavior, invert: false, output);
    }
}

/// <summary>
/// The pre-tokenizer of byte-level models. It splits as GPT-2 does if the file says so; that the symbols are bytes is known to the model.
/// </summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, SplitPattern? pattern) : PreTokenizer
{
    private readonly SplitPreTokenizer? _split = pattern is null ? null : new SplitPreTokenizer(pattern, SplitBehavior.Isolated, invert: false);

    public override void Split(Piece piece, List<Piece> output)
    {
        if (addPrefixSpace && piece.Text.Span is not [' ', ..])
            piece = piece with { Text = $" {piece.Text.Span}".AsMemory() };
        if (_split is null)
            output.Add(piece);
        else
            _split.Split(piece, output);
    }
}

/// <summary>When a <see cref="MetaspacePreTokenizer"/> puts a blank before a piece.</summary>
internal enum PrependScheme
{
    Always,
    Never,
    First,
}

/// <summary>SentencePiece's: blanks become a visible mark, and words begin at it.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : PreTokenizer
{
    public override void Split(Piece piece, List<Piece> output)
    {
        var text = piece.Text.ToString().Replace(' ', replacement);
        var prepend = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.AtStart);
        if (prepend && !text.StartsWith(replacement))
            text = replacement + text;
        piece = piece with { Text = text.AsMemory() };
        if (!split)
        {
            output.Add(piece);
            return;
        }

        var matches = new List<(int Start, int Length)>();
        for (var i = text.IndexOf(replacement); i >= 0; i = text.IndexOf(replacement, i + 1))
            matches.Add((i, 1));
        DelimiterSplit.Apply(piece, matches, SplitBehavior.MergedWithNext, invert: false, output);
    }
}

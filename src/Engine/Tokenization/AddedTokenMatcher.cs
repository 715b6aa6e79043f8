using System.Buffers;
using System.Globalization;
using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>A part of a text: an added token, or (when <paramref name="Token"/> is null) the text between two.</summary>
/// <param name="Text">The part.</param>
/// <param name="Token">The token found, if it is one.</param>
/// <param name="Start">Where the part begins.</param>
internal readonly record struct Section(ReadOnlyMemory<char> Text, AddedToken? Token, int Start);

/// <summary>Finds added tokens: the leftmost first, and of those that start at the same place the longest.</summary>
internal sealed class AddedTokenMatcher
{
    // The tokens as a tree of characters: from a node (0 is the root) with a character to the next node.
    private readonly Dictionary<(int Node, char Next), int> _nodes = [];
    private readonly List<AddedToken?> _tokenAt = [null];
    private readonly SearchValues<char> _firstCharacters;

    /// <param name="tokens">The tokens to find.</param>
    /// <param name="normalize">What is done to the text that is searched, hence to the tokens too; null for nothing.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<string, string>? normalize = null)
    {
        foreach (var token in tokens)
            Add(normalize is null ? token.Content : normalize(token.Content), token);
        _firstCharacters = SearchValues.Create([.. _nodes.Keys.Where(edge => edge.Node == 0).Select(edge => edge.Next)]);
    }

    /// <summary>Appends the parts of the text in order: the added tokens and what lies between them.</summary>
    public void Split(ReadOnlyMemory<char> text, List<Section> output)
    {
        var span = text.Span;
        var emitted = 0;
        for (var searched = 0; Find(span, searched) is var (start, length, token);)
        {
            searched = start + length;
            if (token.SingleWord && !StandsAlone(span, start, length))
                continue;

            // The next token is searched for behind this one, not behind the blanks that it takes: those may be a token too.
            var end = token.StripsRight ? text.Length - span[searched..].TrimStart().Length : searched;
            if (token.StripsLeft)
                start = Math.Max(span[..start].TrimEnd().Length, emitted);
            if (emitted < start)
                output.Add(new Section(text[emitted..start], null, emitted));
            output.Add(new Section(default, token, start));
            emitted = end;
        }

        if (emitted < text.Length)
            output.Add(new Section(text[emitted..], null, emitted));
    }

    // Of two tokens with the same spelling the first counts.
    private void Add(string pattern, AddedToken token)
    {
        var node = 0;
        foreach (var character in pattern)
        {
            if (!_nodes.TryGetValue((node, character), out var next))
            {
                _nodes.Add((node, character), next = _tokenAt.Count);
                _tokenAt.Add(null);
            }

            node = next;
        }

        if (node > 0)
            _tokenAt[node] ??= token;
    }

    private (int Start, int Length, AddedToken Token)? Find(ReadOnlySpan<char> text, int from)
    {
        while (text[from..].IndexOfAny(_firstCharacters) is >= 0 and var offset)
        {
            from += offset;
            if (LongestAt(text[from..]) is var (length, token))
                return (from, length, token);
            from++;
        }

        return null;
    }

    private (int Length, AddedToken Token)? LongestAt(ReadOnlySpan<char> text)
    {
        (int Length, AddedToken Token)? longest = null;
        for (var (node, i) = (0, 0); i < text.Length && _nodes.TryGetValue((node, text[i]), out node); i++)
        {
            if (_tokenAt[node] is { } token)
                longest = (i + 1, token);
        }

        return longest;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int length)
    {
        Rune.DecodeLastFromUtf16(text[..start], out var before, out _);
        Rune.DecodeFromUtf16(text[(start + length)..], out var after, out _);
        return (start == 0 || !IsWordCharacter(before)) && (start + length == text.Length || !IsWordCharacter(after));
    }

    // The \w of the reference: Unicode's Alphabetic, marks, decimal digits, connecting punctuation and the two joiners.
    private static bool IsWordCharacter(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,

        // Letters in circles and squares.
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };
}

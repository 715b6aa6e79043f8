using System.Buffers;
using System.Globalization;
using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>A part of a text: an added token, or (when <paramref name="Token"/> is null) the text between two.</summary>
internal readonly record struct Section(ReadOnlyMemory<char> Text, AddedToken? Token, int Start);

/// <summary>Finds added tokens: the leftmost first, and of those that start at the same place the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<string> _anyToken;
    private readonly Dictionary<char, (string Pattern, AddedToken Token)[]> _byFirstCharacter;

    /// <param name="tokens">The tokens to find.</param>
    /// <param name="normalize">What is done to the text that is searched, hence to the tokens too; null for nothing.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<string, string>? normalize = null)
    {
        var patterns = tokens
            .Select(token => (Pattern: normalize is null ? token.Content : normalize(token.Content), Token: token))
            .Where(entry => entry.Pattern.Length > 0)
            .ToArray();
        _anyToken = SearchValues.Create([.. patterns.Select(entry => entry.Pattern)], StringComparison.Ordinal);
        _byFirstCharacter = patterns
            .GroupBy(entry => entry.Pattern[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(entry => entry.Pattern.Length).ToArray());
    }

    /// <summary>Cuts the text at the tokens found; the parts together are the text.</summary>
    public IEnumerable<Section> Split(ReadOnlyMemory<char> text)
    {
        var emitted = 0;
        var searched = 0;
        while (_byFirstCharacter.Count > 0 && Find(text.Span, searched) is var (start, length, token))
        {
            searched = start + length;
            if (token.SingleWord && !StandsAlone(text.Span, start, length))
                continue;

            var end = searched;
            if (token.StripsLeft)
                start = emitted + text.Span[emitted..start].TrimEnd().Length;
            if (token.StripsRight)
                end = text.Length - text.Span[end..].TrimStart().Length;
            start = Math.Max(start, emitted);
            if (start > emitted)
                yield return new Section(text[emitted..start], null, emitted);
            yield return new Section(text[start..end], token, start);
            emitted = end;
        }

        if (emitted < text.Length)
            yield return new Section(text[emitted..], null, emitted);
    }

    private (int Start, int Length, AddedToken Token)? Find(ReadOnlySpan<char> text, int from)
    {
        var offset = text[from..].IndexOfAny(_anyToken);
        if (offset < 0)
            return null;
        var start = from + offset;
        foreach (var (pattern, token) in _byFirstCharacter[text[start]])
        {
            if (text[start..].StartsWith(pattern, StringComparison.Ordinal))
                return (start, pattern.Length, token);
        }

        return null;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int length)
    {
        Rune.DecodeLastFromUtf16(text[..start], out var before, out _);
        Rune.DecodeFromUtf16(text[(start + length)..], out var after, out _);
        return (start == 0 || !IsWordCharacter(before)) && (start + length == text.Length || !IsWordCharacter(after));
    }

    private static bool IsWordCharacter(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Platform.Engine.Tokenization;

/// <summary>
/// A regular expression of a tokenizer.json, matched with the meaning it has in Hugging Face's library, which sees code points.
/// </summary>
/// <remarks>
/// .NET matches UTF-16 code units, so <c>\p{L}</c> would miss every letter beyond U+FFFF. Text that has such characters is
/// therefore matched through a stand-in: one unit per code point, where a character beyond U+FFFF is replaced by one below it of
/// the same general category. Patterns of tokenizers ask for categories only; a pattern that asks for more is refused.
/// </remarks>
internal sealed partial class SplitPattern
{
    /// <summary>The split of Qwen 2 and later: contractions, words, single digits, punctuation, line breaks, blanks.</summary>
    public const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The split that a ByteLevel pre-tokenizer does by itself (GPT-2).</summary>
    public const string Gpt2 =
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly Regex _regex;

    /// <param name="pattern">The expression.</param>
    /// <param name="where">File and field, for the error message.</param>
    /// <exception cref="InvalidDataException">The expression means something else, or nothing, in .NET.</exception>
    public SplitPattern(string pattern, string where)
    {
        var construct = Unsupported().Match(pattern);
        if (construct.Success)
            throw new InvalidDataException($"{where}: '{construct.Value}' in the regular expression '{pattern}' is not supported.");
        try
        {
            _regex = new Regex(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{where}: the regular expression '{pattern}' is not supported: {e.Message}", e);
        }
    }

    /// <summary>An expression that matches exactly <paramref name="text"/>.</summary>
    public static SplitPattern Literal(string text) => new(new Regex(Regex.Escape(text), RegexOptions.CultureInvariant));

    private SplitPattern(Regex regex) => _regex = regex;

    /// <summary>Adds start and length of every match, in order, to <paramref name="matches"/>; empty ones are left out.</summary>
    public void FindMatches(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
        {
            FindMatchesBeyondBmp(text, matches);
            return;
        }

        foreach (var match in _regex.EnumerateMatches(text))
        {
            if (match.Length > 0)
                matches.Add((match.Index, match.Length));
        }
    }

    private void FindMatchesBeyondBmp(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        var standIn = new char[text.Length];
        var origin = new int[text.Length + 1];
        var length = 0;
        for (var i = 0; i < text.Length; length++)
        {
            origin[length] = i;
            var pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            standIn[length] = pair ? StandIn(char.ConvertToUtf32(text[i], text[i + 1])) : text[i];
            i += pair ? 2 : 1;
        }

        origin[length] = text.Length;
        foreach (var match in _regex.EnumerateMatches(standIn.AsSpan(0, length)))
        {
            if (match.Length > 0)
                matches.Add((origin[match.Index], origin[match.Index + match.Length] - origin[match.Index]));
        }
    }

    private static char StandIn(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        UnicodeCategory.UppercaseLetter => '\uA640',
        UnicodeCategory.LowercaseLetter => '\uA641',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\u02B9',
        UnicodeCategory.OtherLetter => '\u0710',
        UnicodeCategory.NonSpacingMark => '\u0316',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u0488',
        UnicodeCategory.DecimalDigitNumber => '\u07C0',
        UnicodeCategory.LetterNumber => '\u2180',
        UnicodeCategory.OtherNumber => '\u09F4',
        UnicodeCategory.SpaceSeparator => '\u2000',
        UnicodeCategory.Format => '\u2061',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.ConnectorPunctuation => '\u203F',
        UnicodeCategory.DashPunctuation => '\u2010',
        UnicodeCategory.OpenPunctuation => '\u2045',
        UnicodeCategory.ClosePunctuation => '\u2046',
        UnicodeCategory.InitialQuotePunctuation => '\u201B',
        UnicodeCategory.FinalQuotePunctuation => '\u203A',
        UnicodeCategory.OtherPunctuation => '\u2020',
        UnicodeCategory.MathSymbol => '\u2044',
        UnicodeCategory.CurrencySymbol => '\u20A0',
        UnicodeCategory.ModifierSymbol => '\u02C2',
        UnicodeCategory.OtherSymbol => '\u2100',
        _ => '\u0378',
    };

    // Constructs that .NET accepts but reads differently from Oniguruma, and characters that the stand-in cannot represent.
    [GeneratedRegex(@"&&|\[:|\\[wWbBhHRXG]|\(\?[a-z]*m|[\uD800-\uDFFF]")]
    private static partial Regex Unsupported();
}

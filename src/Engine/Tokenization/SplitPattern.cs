using System.Buffers;
using System.Text.RegularExpressions;

namespace Platform.Engine.Tokenization;

/// <summary>
/// A regular expression of a tokenizer.json, matched with the meaning it has in Hugging Face's library (Oniguruma, on code points).
/// </summary>
/// <remarks>
/// .NET matches UTF-16 code units and differs in details of the syntax. The expression is therefore read by
/// <see cref="SplitPatternReader"/> as Oniguruma reads it, and .NET matches an equivalent one over the letters of
/// <see cref="CodePointClasses"/>, in which every code point is one unit.
/// </remarks>
internal sealed class SplitPattern
{
    /// <summary>The split of Qwen 2 and later: contractions, words, single digits, punctuation, line breaks, blanks.</summary>
    public const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The split that a ByteLevel pre-tokenizer does by itself (GPT-2).</summary>
    public const string Gpt2 =
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const int StackLimit = 512;

    private readonly string? _literal;
    private readonly CodePointClasses? _classes;
    private readonly Regex? _regex;

    /// <param name="pattern">The expression.</param>
    /// <param name="where">File and field, for the error message.</param>
    /// <exception cref="InvalidDataException">The expression is damaged or has something that is not supported.</exception>
    public SplitPattern(string pattern, string where)
    {
        try
        {
            var reader = new SplitPatternReader(pattern);
            _classes = new CodePointClasses(reader.Sets);
            _regex = new Regex(reader.Write(_classes), RegexOptions.Compiled | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            throw new InvalidDataException($"{where}: the regular expression '{pattern}' is not supported: {e.Message}", e);
        }
    }

    private SplitPattern(string literal) => _literal = literal;

    /// <summary>An expression that matches exactly <paramref name="text"/>; nothing when that is empty.</summary>
    public static SplitPattern Literal(string text) => new(text);

    /// <summary>Adds start and length of every match, in order, to <paramref name="matches"/>; empty ones are left out.</summary>
    public void FindMatches(ReadOnlySpan<char> text, List<(int Start, int Length)> matches)
    {
        if (_literal is not null)
        {
            FindLiteral(text, _literal, matches);
            return;
        }

        char[]? rented = null;
        var buffer = text.Length <= StackLimit ? stackalloc char[StackLimit] : rented = ArrayPool<char>.Shared.Rent(text.Length);
        var letters = buffer[.._classes!.Rewrite(text, buffer)];
        if (letters.Length == text.Length)
            FindInLetters(letters, matches);
        else
            FindBeyondBmp(text, letters, matches);
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented);
    }

    private static void FindLiteral(ReadOnlySpan<char> text, string literal, List<(int Start, int Length)> matches)
    {
        if (literal.Length == 0)
            return;
        for (var start = 0; text[start..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var offset; start += literal.Length)
        {
            start += offset;
            matches.Add((start, literal.Length));
        }
    }

    private void FindInLetters(ReadOnlySpan<char> letters, List<(int Start, int Length)> matches)
    {
        foreach (var match in _regex!.EnumerateMatches(letters))
        {
            if (match.Length > 0)
                matches.Add((match.Index, match.Length));
        }
    }

    // Matches come in order, so one walk over the text turns counts of code points into positions.
    private void FindBeyondBmp(ReadOnlySpan<char> text, ReadOnlySpan<char> letters, List<(int Start, int Length)> matches)
    {
        var (point, position) = (0, 0);
        foreach (var match in _regex!.EnumerateMatches(letters))
        {
            if (match.Length == 0)
                continue;
            var start = Advance(text, match.Index, ref point, ref position);
            matches.Add((start, Advance(text, match.Index + match.Length, ref point, ref position) - start));
        }
    }

    private static int Advance(ReadOnlySpan<char> text, int target, ref int point, ref int position)
    {
        for (; point < target; point++)
            position += char.IsHighSurrogate(text[position]) ? 2 : 1;
        return position;
    }
}

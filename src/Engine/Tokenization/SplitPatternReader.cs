using System.Globalization;
using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>
/// Reads a regular expression as Oniguruma does (its Ruby syntax, Unicode on), as far as tokenizers use it, and writes it for .NET over
/// the letters of character classes.
/// </summary>
/// <remarks>
/// Read: literals and their escapes, <c>.</c>, classes with ranges, categories (<c>\p{..}</c>), <c>\s \S \d \D</c>; groups, alternatives,
/// look-around, atomic groups, greedy, lazy and possessive repetition, <c>^ $ \A \z</c>; <c>(?i:...)</c> around ASCII letters.
/// Everything else is refused by name. The two syntaxes differ where one would not expect it: <c>^</c> and <c>$</c> always mean lines,
/// <c>?+</c> is possessive, <c>{2}+</c> and <c>{2}?</c> are not what they look like (refused), <c>(?m)</c> is what others call (?s).
/// </remarks>
internal sealed class SplitPatternReader
{
    private readonly string _pattern;
    private readonly List<CodePointSet> _sets = [];

    // The expression for .NET with, after each \u0001, the number of a set as one character.
    private readonly string _template;
    private const char SetMark = '\u0001';

    private static readonly CodePointSet LineFeed = CodePointSet.Of('\n', '\n');

    private int _position;
    private bool _ignoresCase;

    /// <exception cref="NotSupportedException">Something is not supported; the message names it.</exception>
    public SplitPatternReader(string pattern)
    {
        _pattern = pattern;
        _template = ReadAlternatives();
        if (_position < pattern.Length)
            throw new NotSupportedException("a ')' has no '('.");
    }

    /// <summary>The sets of characters that the expression distinguishes.</summary>
    public IReadOnlyList<CodePointSet> Sets => _sets;

    /// <summary>The expression for .NET, over the letters of <paramref name="classes"/>.</summary>
    public string Write(CodePointClasses classes)
    {
        var text = new StringBuilder();
        for (var i = 0; i < _template.Length; i++)
        {
            if (_template[i] != SetMark)
            {
                text.Append(_template[i]);
                continue;
            }

            var letters = classes.LettersOf(_sets[_template[++i] - ' ']);
            if (letters.Length == 0)
                text.Append("(?!)");
            else
                text.Append('[').AppendJoin("", letters.Select(letter => $"\\u{(int)letter:X4}")).Append(']');
        }

        return text.ToString();
    }

    private string ReadAlternatives()
    {
        var text = new StringBuilder();
        while (_position < _pattern.Length && _pattern[_position] != ')')
        {
            if (TryTake("|"))
                text.Append('|');
            else
                text.Append(ReadRepetition(ReadAtom()));
        }

        return text.ToString();
    }

    private string ReadAtom()
    {
        if (TryTake("("))
            return ReadGroup();
        if (TryTake("["))
            return Set(ReadClass());
        if (TryTake("."))
            return Set(LineFeed.Complement());
        if (TryTake("^"))
            return $@"(?:\A|(?<={Set(LineFeed)})(?!\z))";
        if (TryTake("$"))
            return $@"(?:(?={Set(LineFeed)})|\z)";
        if (TryTake(@"\A"))
            return @"\A";
        if (TryTake(@"\z"))
            return @"\z";
        if (_pattern[_position] is '*' or '+' or '?')
            throw new NotSupportedException($"the '{_pattern[_position]}' at {_position} repeats nothing.");
        return _pattern[_position] == '\\' && ReadClassEscape() is { } set ? Set(set) : ReadLiteral();
    }

    private string ReadGroup()
    {
        var ignoredCase = _ignoresCase;
        var open = "(?:";
        if (TryTake("?i:"))
            _ignoresCase = true;
        else if (Array.Find(["?:", "?=", "?!", "?>", "?<=", "?<!"], TryTake) is { } kind)
            open = "(" + kind;
        else if (_position < _pattern.Length && _pattern[_position] == '?')
            throw new NotSupportedException($"'({_pattern.AsSpan(_position, Math.Min(3, _pattern.Length - _position))}' is not supported.");
        var content = ReadAlternatives();
        if (!TryTake(")"))
            throw new NotSupportedException("a '(' has no ')'.");
        _ignoresCase = ignoredCase;
        return open + content + ")";
    }

    private string ReadRepetition(string atom)
    {
        var start = _position;
        var interval = TryTake("{");
        string times;
        if (interval)
            times = ReadInterval();
        else if (Array.Find(["*", "+", "?"], TryTake) is { } sign)
            times = sign;
        else
            return atom;

        var result = atom + times;
        if (!interval && TryTake("+"))
            result = $"(?>{result})";
        else if ((!interval || times.Contains(',', StringComparison.Ordinal)) && TryTake("?"))
            result += "?";
        if (_position < _pattern.Length && _pattern[_position] is '*' or '+' or '?' or '{')
            throw new NotSupportedException($"'{_pattern[start..(_position + 1)]}' is not supported.");
        return result;
    }

    // {3}, {1,3}, {1,}, {,3}
    private string ReadInterval()
    {
        var end = _pattern.IndexOf('}', _position);
        var parts = end < 0 ? [] : _pattern[_position..end].Split(',');
        if (parts.Length is not (1 or 2) || parts.All(part => part.Length == 0) || parts.Any(part => !part.All(char.IsAsciiDigit)))
            throw new NotSupportedException($"'{{' at {_position - 1} begins no repetition such as {{1,3}}; write \\{{ for the character.");
        _position = end + 1;
        return "{" + (parts[0].Length == 0 ? "0" : parts[0]) + (parts.Length == 2 ? "," + parts[1] : "") + "}";
    }

    private string ReadLiteral()
    {
        var start = _position;
        var point = ReadCharacter();
        if (!_ignoresCase)
            return Set(CodePointSet.Of(point, point));
        if (point >= 0x80)
            throw new NotSupportedException($"'{_pattern[start.._position]}' in (?i:...) is not supported; only ASCII is.");

        // Two letters of these pairs also match one ligature or ß.
        if (_position < _pattern.Length && (char.ToLowerInvariant((char)point), char.ToLowerInvariant(_pattern[_position])) is ('s', 's') or ('s', 't') or ('f', 'f') or ('f', 'i') or ('f', 'l'))
            throw new NotSupportedException($"'{_pattern.AsSpan(start, 2)}' in (?i:...) is not supported: it matches ligatures too.");
        return Set(CodePointSet.Union(SpellingsOf((char)point).Select(spelling => CodePointSet.Of(spelling, spelling))));
    }

    // The long s and the Kelvin sign are the only other spellings of an ASCII letter.
    private static int[] SpellingsOf(char character) => char.ToLowerInvariant(character) switch
    {
        's' => ['s', 'S', 0x17F],
        'k' => ['k', 'K', 0x212A],
        var lower => [lower, char.ToUpperInvariant(character)],
    };

    private CodePointSet ReadClass()
    {
        if (_ignoresCase)
            throw new NotSupportedException("a character class in (?i:...) is not supported.");
        var negated = TryTake("^");
        var parts = new List<CodePointSet>();
        for (var first = true; !TryTake("]"); first = false)
        {
            if (_position >= _pattern.Length || (first && _pattern[_position] == ']'))
                throw new NotSupportedException("a '[' has no ']'.");
            if (_pattern[_position] == '[' || _pattern.AsSpan(_position).StartsWith("&&"))
                throw new NotSupportedException($"'{(_pattern[_position] == '[' ? "[" : "&&")}' in a character class is not supported.");
            parts.Add(ReadClassEscape() ?? ReadRange());
        }

        var set = CodePointSet.Union(parts);
        return negated ? set.Complement() : set;
    }

    private CodePointSet ReadRange()
    {
        var first = ReadCharacter();
        if (_position + 1 >= _pattern.Length || _pattern[_position] != '-' || _pattern[_position + 1] == ']')
            return CodePointSet.Of(first, first);
        _position++;
        var start = _position;
        var last = ReadClassEscape() is null ? ReadCharacter() : -1;
        return first <= last
            ? CodePointSet.Of(first, last)
            : throw new NotSupportedException($"the range that ends at '{_pattern[start.._position]}' is not valid.");
    }

    // \p{L}, \s and the like; null when there is none here.
    private CodePointSet? ReadClassEscape()
    {
        if (TryTake(@"\s"))
            return CodePointSet.WhiteSpace;
        if (TryTake(@"\S"))
            return CodePointSet.WhiteSpace.Complement();
        if (TryTake(@"\d"))
            return CodePointSet.OfCategory("Nd");
        if (TryTake(@"\D"))
            return CodePointSet.OfCategory("Nd")!.Complement();
        var negated = _pattern.AsSpan(_position).StartsWith(@"\P{");
        if (!negated && !_pattern.AsSpan(_position).StartsWith(@"\p{"))
            return null;

        var end = _pattern.IndexOf('}', _position);
        if (end < 0)
            throw new NotSupportedException($"'{_pattern.AsSpan(_position, 2)}' has no '}}'.");
        var name = _pattern[(_position + 3)..end];
        var text = _pattern[_position..(end + 1)];
        _position = end + 1;
        if (name.StartsWith('^'))
            (negated, name) = (!negated, name[1..]);
        var set = CodePointSet.OfCategory(name) ?? throw new NotSupportedException($"'{text}' is not a general category.");
        return negated ? set.Complement() : set;
    }

    // One code point, escaped or not.
    private int ReadCharacter()
    {
        if (_pattern[_position] != '\\')
        {
            if (!Rune.TryGetRuneAt(_pattern, _position, out var rune))
                throw new NotSupportedException("half a surrogate pair is not a character.");
            _position += rune.Utf16SequenceLength;
            return rune.Value;
        }

        if (_position + 1 >= _pattern.Length)
            throw new NotSupportedException("it ends with a '\\'.");
        var escaped = _pattern[_position + 1];
        _position += 2;
        return escaped switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => 0x1B,
            'x' when TryTake("{") => ReadHexadecimal(Math.Max(0, _pattern.IndexOf('}', _position) - _position), closed: true),
            'x' => ReadHexadecimal(2, closed: false),
            'u' => ReadHexadecimal(4, closed: false),
            _ when char.IsAsciiLetterOrDigit(escaped) || escaped >= 0x80 => throw new NotSupportedException($"'\\{escaped}' is not supported."),
            _ => escaped,
        };
    }

    private int ReadHexadecimal(int digits, bool closed)
    {
        if (_position + digits > _pattern.Length
            || !int.TryParse(_pattern.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
            || !Rune.IsValid(point))
            throw new NotSupportedException($"the escape at {_position - 2} is no code point.");
        _position += digits + (closed ? 1 : 0);
        return point;
    }

    private string Set(CodePointSet set)
    {
        _sets.Add(set);
        return $"{SetMark}{(char)(' ' + _sets.Count - 1)}";
    }

    private bool TryTake(string text)
    {
        if (!_pattern.AsSpan(_position).StartsWith(text, StringComparison.Ordinal))
            return false;
        _position += text.Length;
        return true;
    }
}

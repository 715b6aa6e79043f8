using System.Globalization;
using System.Text;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation.Constraints;

/// <summary>Reads single characters, escapes and classes of a regular expression.</summary>
internal sealed class RegexCharacters(string pattern, string where)
{
    private static readonly CodePointSet Digits = CodePointSet.Of('0', '9');
    private static readonly CodePointSet Word = CodePointSet.Union([Digits, CodePointSet.Of('A', 'Z'), CodePointSet.Of('a', 'z'), CodePointSet.Of('_', '_')]);
    private static readonly CodePointSet Space = CodePointSet.Union([CodePointSet.Of('\t', '\r'), CodePointSet.Of(' ', ' ')]);

    /// <summary>The error at a place of the pattern; characters count from 1.</summary>
    public static InvalidConstraintException Error(string where, int position, string problem) => new($"{where}, character {position + 1}", problem);

    /// <summary>One character that stands for itself.</summary>
    public int ReadCharacter(ref int position)
    {
        if (Rune.DecodeFromUtf16(pattern.AsSpan(position), out var rune, out var length) != System.Buffers.OperationStatus.Done)
            throw Error(position, "half a surrogate pair is no character.");
        position += length;
        return rune.Value;
    }

    /// <summary>A backslash and what it escapes.</summary>
    public CodePointSet ReadEscape(ref int position, bool inClass)
    {
        var start = position++;
        if (position >= pattern.Length)
            throw Error(start, "a backslash ends the expression; write '\\\\' for the character.");
        var kind = pattern[position++];
        switch (kind)
        {
            case 'd' or 'D':
                return kind == 'd' ? Digits : Digits.Complement();
            case 'w' or 'W':
                return kind == 'w' ? Word : Word.Complement();
            case 's' or 'S':
                return kind == 's' ? Space : Space.Complement();
            case 'p' or 'P':
                return ReadCategory(start, ref position, negated: kind == 'P');
            case 't' or 'n' or 'r' or 'f' or 'v':
                return One("\t\n\r\f\v"["tnrfv".IndexOf(kind, StringComparison.Ordinal)]);
            case 'b' when inClass:
                return One('\b');
            case 'x':
                return One(ReadHex(start, ref position, 2));
            case 'u':
                return One(ReadUnicode(start, ref position));
            case >= '0' and <= '9':
                throw Error(start, $"'\\{kind}' (a reference to a group, or an octal number) is not supported; write '\\xHH' for a character.");
            case > '\x7F' or (not '_' and not (>= 'a' and <= 'z') and not (>= 'A' and <= 'Z')):
                position--;
                return One(ReadCharacter(ref position));
            default:
                throw Error(start, $"the escape '\\{kind}' is not supported.");
        }
    }

    /// <summary>A class in square brackets.</summary>
    public CodePointSet ReadClass(ref int position)
    {
        var start = position++;
        var negated = position < pattern.Length && pattern[position] == '^';
        if (negated)
            position++;
        var sets = new List<CodePointSet>();
        while (true)
        {
            if (position >= pattern.Length)
                throw Error(start, "this class is not closed; add ']'.");
            if (pattern[position] == ']')
                break;
            if (pattern[position] == '[')
                throw Error(position, "a class inside a class (POSIX names, subtraction) is not supported; write '\\[' for the character.");
            sets.Add(ReadMember(ref position));
        }

        position++;
        if (sets.Count == 0)
            throw Error(start, negated ? "'[^]' is not supported; write '[\\s\\S]' for any character." : "this class is empty.");
        var set = CodePointSet.Union(sets);
        return negated ? set.Complement() : set;
    }

    private CodePointSet ReadMember(ref int position)
    {
        var start = position;
        var first = ReadSet(ref position);
        if (position + 1 >= pattern.Length || pattern[position] != '-' || pattern[position + 1] == ']')
            return first;
        if (pattern[position + 1] == '[')
            throw Error(position, "subtraction of classes is not supported; write '\\[' for the character.");
        position++;
        var last = ReadSet(ref position);
        if (Single(first) is not { } from || Single(last) is not { } to)
            throw Error(start, "a range needs one character on each side; write '\\-' for the character.");
        return from <= to ? CodePointSet.Of(from, to) : throw Error(start, "this range ends before it begins.");
    }

    private CodePointSet ReadSet(ref int position) => pattern[position] == '\\' ? ReadEscape(ref position, inClass: true) : One(ReadCharacter(ref position));

    private CodePointSet ReadCategory(int start, ref int position, bool negated)
    {
        var end = position < pattern.Length && pattern[position] == '{' ? pattern.IndexOf('}', position) : -1;
        var name = end < 0 ? "" : pattern[(position + 1)..end];
        var set = CodePointSet.OfCategory(name)
            ?? throw Error(start, "only Unicode's general categories are supported, such as \\p{L} or \\p{Lu}.");
        position = end + 1;
        return negated ? set.Complement() : set;
    }

    private int ReadUnicode(int start, ref int position)
    {
        if (position < pattern.Length && pattern[position] == '{')
        {
            var end = pattern.IndexOf('}', position);
            var point = end > position + 1 && end - position <= 7 ? Hex(pattern.AsSpan((position + 1)..end)) : -1;
            position = end + 1;
            return IsCharacter(point) ? point : throw Error(start, "'\\u{H}' needs the number of a Unicode character.");
        }

        var unit = ReadHex(start, ref position, 4);
        if (char.IsHighSurrogate((char)unit) && pattern.AsSpan(position).StartsWith("\\u"))
        {
            position += 2;
            var low = ReadHex(start, ref position, 4);
            if (char.IsLowSurrogate((char)low))
                return char.ConvertToUtf32((char)unit, (char)low);
        }

        return IsCharacter(unit) ? unit : throw Error(start, "half a surrogate pair is no character.");
    }

    private int ReadHex(int start, ref int position, int digits)
    {
        var value = position + digits <= pattern.Length ? Hex(pattern.AsSpan(position, digits)) : -1;
        position += digits;
        return value >= 0 ? value : throw Error(start, $"this escape needs {digits} hexadecimal digits.");
    }

    private static int Hex(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : -1;

    private static bool IsCharacter(int point) => Rune.IsValid(point);

    private static int? Single(CodePointSet set) => set.Ranges is [var (first, last)] && first == last ? first : null;

    private static CodePointSet One(int point) => CodePointSet.Of(point, point);

    private InvalidConstraintException Error(int position, string problem) => Error(where, position, problem);
}

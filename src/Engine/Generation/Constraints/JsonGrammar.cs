using System.Text;
using System.Text.Json;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation.Constraints;

/// <summary>The parts of JSON as expressions.</summary>
internal sealed class JsonGrammar
{
    /// <summary>Objects and lists within one another where no schema says what is in them; readers stop at 64.</summary>
    public const int MaximumFreeDepth = 32;

    private const int MaximumConstantDepth = 16;
    private const string Hexadecimal = "0123456789abcdefABCDEF";

    private readonly ExpressionPool _pool;
    private readonly Expression? _blank;
    private readonly (Expression? Object, Expression? List)[] _free = new (Expression?, Expression?)[MaximumFreeDepth + 1];

    public JsonGrammar(ExpressionPool pool, JsonLayout layout)
    {
        _pool = pool;
        _blank = layout switch
        {
            JsonLayout.Compact => pool.Empty,
            JsonLayout.Spaced => pool.Literal(" "u8),
            _ => pool.Optional(pool.Literal(" "u8)),
        };
        Comma = pool.Sequence(pool.Literal(","u8), _blank);
        Colon = pool.Sequence(pool.Literal(":"u8), _blank);
        Quote = pool.Literal("\""u8);
        Character = ReadCharacter();
        AnyString = pool.Sequence(Quote, pool.Repeat(Character, 0, Repetition.Unlimited), Quote);
        Boolean = pool.Any(pool.Literal("true"u8), pool.Literal("false"u8));
        Null = pool.Literal("null"u8);
        AnyInteger = new JsonNumbers(pool).Between(null, null, 0);
        AnyNumber = new JsonNumbers(pool).Any();
    }

    public Expression? Comma { get; }

    public Expression? Colon { get; }

    public Expression? Quote { get; }

    /// <summary>One character of a string in any of its spellings.</summary>
    public Expression? Character { get; }

    public Expression? AnyString { get; }

    public Expression? AnyInteger { get; }

    public Expression? AnyNumber { get; }

    public Expression? Boolean { get; }

    public Expression? Null { get; }

    /// <summary>One character of a set as a string's content: plainly where JSON allows it, else by its shortest escape.</summary>
    public Expression? Encoded(CodePointSet set)
    {
        var next = new Expression?[256];
        Utf8Characters.Fill(next, Utf8Characters.Intersect(set, Plain), _pool);
        var escapes = new Expression?[256];
        var control = new Expression?[2][];
        control[0] = new Expression?[256];
        control[1] = new Expression?[256];
        foreach (var (first, last) in set.Ranges.TakeWhile(range => range.First <= '\\'))
        {
            for (var point = first; point <= Math.Min(last, '\\'); point++)
            {
                if (ShortEscape(point) is { } letter)
                    escapes[letter] = _pool.Empty;
                else if (point < 0x20)
                    control[point >> 4][Hexadecimal[point & 15]] = _pool.Empty;
            }
        }

        var tens = new Expression?[256];
        (tens['0'], tens['1']) = (_pool.Choice(control[0]), _pool.Choice(control[1]));
        escapes['u'] = _pool.Literal("00"u8, _pool.Choice(tens));
        next['\\'] = _pool.Choice(escapes);
        return _pool.Choice(next);
    }

    /// <summary>A text as a JSON string.</summary>
    public Expression? Text(string text, string path)
    {
        var json = new StringBuilder("\"");
        foreach (var character in text)
        {
            if (ShortEscape(character) is { } letter)
                json.Append('\\').Append((char)letter);
            else if (character < 0x20)
                json.Append("\\u00").Append(character >> 4).Append(Hexadecimal[character & 15]);
            else
                json.Append(character);
        }

        return _pool.Literal(Literals.Utf8(json.Append('"').ToString(), path));
    }

    /// <summary>Exactly one value.</summary>
    public Expression? Value(JsonElement value, string path, int depth = 0) => value.ValueKind switch
    {
        _ when depth > MaximumConstantDepth => throw new InvalidConstraintException(path, $"a constant is nested more than {MaximumConstantDepth} deep."),
        JsonValueKind.String => Text(Content(value, path), path),
        JsonValueKind.Array => Between("["u8, [.. value.EnumerateArray().Select(item => Value(item, path, depth + 1))], "]"u8),
        JsonValueKind.Object => Between("{"u8, [.. value.EnumerateObject().Select(field => _pool.Sequence(Text(field.Name, path), Colon, Value(field.Value, path, depth + 1)))], "}"u8),
        _ => _pool.Literal(Encoding.UTF8.GetBytes(value.GetRawText())),
    };

    /// <summary>Any value.</summary>
    /// <param name="depth">Objects and lists within one another.</param>
    public Expression? AnyValue(int depth) => depth == 0
        ? _pool.Any(AnyString, AnyNumber, Boolean, Null)
        : _pool.Any(AnyString, AnyNumber, Boolean, Null, AnyObject(depth), AnyList(depth));

    /// <summary>Any object.</summary>
    /// <param name="depth">Objects and lists within one another, this one included.</param>
    public Expression? AnyObject(int depth) => _free[depth].Object ??= ObjectOf(AnyValue(depth - 1));

    /// <summary>Any list.</summary>
    /// <param name="depth">Objects and lists within one another, this one included.</param>
    public Expression? AnyList(int depth) => _free[depth].List ??= ListOf(AnyValue(depth - 1), 0, Repetition.Unlimited);

    /// <summary>An object with any names.</summary>
    public Expression? ObjectOf(Expression? value)
    {
        var field = _pool.Sequence(AnyString, Colon, value);
        return _pool.Sequence(_pool.Literal("{"u8), Separated(field, 0, Repetition.Unlimited), _pool.Literal("}"u8));
    }

    /// <summary>A list.</summary>
    public Expression? ListOf(Expression? item, int least, int most) =>
        _pool.Sequence(_pool.Literal("["u8), Separated(item, least, most), _pool.Literal("]"u8));

    /// <summary>A string with any content.</summary>
    public static string Content(JsonElement value, string path)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidConstraintException(path, "a text has half a surrogate pair, which is no character.");
        }
    }

    private static CodePointSet Plain { get; } = Utf8Characters.Intersect(
        CodePointSet.Union([CodePointSet.Of(0, 0x1F), CodePointSet.Of('"', '"'), CodePointSet.Of('\\', '\\')]).Complement(), Utf8Characters.All);

    private static int? ShortEscape(int point) => point switch
    {
        '"' or '\\' => point,
        '\b' => 'b',
        '\f' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => null,
    };

    private Expression? Separated(Expression? item, int least, int most)
    {
        if (most == 0)
            return _pool.Empty;
        var more = _pool.Repeat(_pool.Sequence(Comma, item), Math.Max(0, least - 1), most == Repetition.Unlimited ? most : most - 1);
        var items = _pool.Sequence(item, more);
        return least == 0 ? _pool.Optional(items) : items;
    }

    private Expression? Between(ReadOnlySpan<byte> open, Expression?[] items, ReadOnlySpan<byte> close)
    {
        var parts = new List<Expression?> { _pool.Literal(open) };
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                parts.Add(Comma);
            parts.Add(items[i]);
        }

        return _pool.Sequence([.. parts, _pool.Literal(close)]);
    }

    // Plain, or escaped in any way that JSON knows; two escapes that are the halves of a pair are one character.
    private Expression? ReadCharacter()
    {
        var next = new Expression?[256];
        Utf8Characters.Fill(next, Plain, _pool);
        var escapes = new Expression?[256];
        foreach (var letter in "\"\\/bfnrt")
            escapes[letter] = _pool.Empty;
        var digit = Digits(Hexadecimal);
        var high = _pool.Sequence(Digits("89abAB"), digit, digit);
        var low = _pool.Sequence(_pool.Literal("\\u"u8), Digits("dD"), Digits("cdefCDEF"), digit, digit);
        escapes['u'] = _pool.Any(
            _pool.Sequence(Digits("0123456789abcefABCEF"), digit, digit, digit),
            _pool.Sequence(Digits("dD"), _pool.Any(_pool.Sequence(Digits("01234567"), digit, digit), _pool.Sequence(high, low))));
        next['\\'] = _pool.Choice(escapes);
        return _pool.Choice(next);

        Expression? Digits(string digits) => _pool.OneOf(Encoding.ASCII.GetBytes(digits));
    }
}

using System.Text;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation.Constraints;

/// <summary>Reads a regular expression, see <see cref="Constraint.FromRegex"/> for what it may have.</summary>
/// <param name="pattern">The expression.</param>
/// <param name="pool">Makes the expressions.</param>
/// <param name="encode">How one character of a set is written: plainly, or as in a JSON string.</param>
/// <param name="where">What it is the pattern of, for messages.</param>
internal sealed class RegexReader(string pattern, ExpressionPool pool, Func<CodePointSet, Expression?> encode, string where)
{
    private const int MaximumLength = 10_000;
    private const int MaximumDepth = 50;
    private const int MaximumCount = 1_000_000;
    private const int MaximumStates = 20_000;
    private const long MaximumWork = 3_000_000;

    private readonly RegexCharacters _characters = new(pattern, where);
    private int _position;

    private char Current => _position < pattern.Length ? pattern[_position] : '\0';

    private bool AtEnd => _position >= pattern.Length;

    /// <summary>Reads it.</summary>
    /// <param name="anchored">Whether it is to match whole texts; otherwise any text that has a match in it, unless ^ and $ say more.</param>
    /// <returns>Null when no text matches that the vocabulary can write.</returns>
    public Expression? Read(bool anchored)
    {
        if (pattern.Length > MaximumLength)
            throw new InvalidConstraintException(where, $"it has {pattern.Length} characters; at most {MaximumLength} are read.");
        var expression = ReadAlternatives(0, anchored);
        if (!AtEnd)
            throw Error("')' closes no group; write '\\)' for the character.");

        // A stranger's expression must not take long at every step of an answer, so all its states are seen here.
        if (expression is not null)
            new Automaton(pool, expression).Explore(where, MaximumStates, MaximumWork);
        return expression;
    }

    private Expression? ReadAlternatives(int depth, bool anchored)
    {
        if (depth > MaximumDepth)
            throw Error($"groups are nested more than {MaximumDepth} deep.");
        var items = new List<Expression?> { ReadSequence(depth, anchored) };
        while (Take('|'))
            items.Add(ReadSequence(depth, anchored));
        return pool.Any([.. items]);
    }

    private Expression? ReadSequence(int depth, bool anchored)
    {
        var parts = new List<Expression?>();
        var open = depth == 0 && !anchored;
        if (!(depth == 0 && Take('^')) && open)
            parts.Add(AnyText());
        var closed = false;
        while (!AtEnd && Current is not ('|' or ')'))
        {
            if (Current == '$' && depth == 0 && (_position + 1 == pattern.Length || pattern[_position + 1] == '|'))
            {
                _position++;
                closed = true;
                break;
            }

            parts.Add(ReadQuantified(depth));
        }

        if (open && !closed)
            parts.Add(AnyText());
        return pool.Sequence([.. parts]);
    }

    private Expression? AnyText() => pool.Repeat(encode(Utf8Characters.All), 0, Repetition.Unlimited);

    private Expression? ReadQuantified(int depth)
    {
        var atom = ReadAtom(depth);
        var (least, most) = (1, 1);
        var quantified = true;
        if (Take('?'))
            (least, most) = (0, 1);
        else if (Take('*'))
            (least, most) = (0, Repetition.Unlimited);
        else if (Take('+'))
            (least, most) = (1, Repetition.Unlimited);
        else if (Current == '{')
            (least, most) = ReadCounts();
        else
            quantified = false;
        if (!quantified)
            return atom;
        Take('?'); // lazy: the same texts
        if (Current is '+')
            throw Error("possessive quantifiers are not supported; leave the '+' out.");
        if (Current is '*' or '?' or '{' && !AtEnd)
            throw Error($"the quantifier '{Current}' follows a quantifier; put the first into a group.");
        return pool.Repeat(atom, least, most);
    }

    private (int Least, int Most) ReadCounts()
    {
        var start = _position++;
        if (!TryReadNumber(out var least))
            throw Error(start, "'{' begins a count such as {2}, {2,} or {2,5}; write '\\{' for the character.");
        var most = least;
        if (Take(','))
            most = TryReadNumber(out var number) ? number : Repetition.Unlimited;
        if (!Take('}'))
            throw Error(start, "'{' begins a count such as {2}, {2,} or {2,5}; write '\\{' for the character.");
        if (most < least)
            throw Error(start, $"the count {{{least},{most}}} ends before it begins.");
        return (least, most);
    }

    private bool TryReadNumber(out int number)
    {
        var start = _position;
        number = 0;
        for (; char.IsAsciiDigit(Current); _position++)
        {
            number = number * 10 + (Current - '0');
            if (number > MaximumCount)
                throw Error(start, $"counts go up to {MaximumCount}.");
        }

        return _position > start;
    }

    private Expression? ReadAtom(int depth)
    {
        var start = _position;
        switch (Current)
        {
            case '(':
                return ReadGroup(depth);
            case '[':
                return Encode(_characters.ReadClass(ref _position), start);
            case '.':
                _position++;
                return encode(Utf8Characters.Intersect(CodePointSet.Of('\n', '\n').Complement(), Utf8Characters.All));
            case '\\':
                return Encode(_characters.ReadEscape(ref _position, inClass: false), start);
            case '*' or '+' or '?':
                throw Error($"there is nothing before '{Current}' to repeat; write '\\{Current}' for the character.");
            case '{':
                throw Error("there is nothing before '{' to repeat; write '\\{' for the character.");
            case '^' or '$':
                throw Error($"'{Current}' is supported only at the {(Current == '^' ? "start" : "end")} of the whole expression or of its alternatives; write '\\{Current}' for the character.");
            default:
                var point = _characters.ReadCharacter(ref _position);
                return encode(CodePointSet.Of(point, point));
        }
    }

    private Expression? Encode(CodePointSet set, int start) => Utf8Characters.Intersect(set, Utf8Characters.All) is { Ranges.Count: > 0 } some
        ? encode(some)
        : throw Error(start, "no character is in this class.");

    private Expression? ReadGroup(int depth)
    {
        var start = _position++;
        if (Take('?'))
            SkipGroupName(start);
        var expression = ReadAlternatives(depth + 1, anchored: true);
        return Take(')') ? expression : throw Error(start, "this group is not closed; add ')'.");
    }

    private void SkipGroupName(int start)
    {
        if (Take(':'))
            return;
        var rest = pattern.AsSpan(_position);
        var end = rest.IndexOf('>');
        if (rest.StartsWith("P<") || (rest.StartsWith("<") && !rest.StartsWith("<=") && !rest.StartsWith("<!")))
        {
            if (end < 0)
                throw Error(start, "the name of this group is not closed; add '>'.");
            _position += end + 1;
            return;
        }

        var what = rest switch
        {
            ['=' or '!', ..] => "lookahead",
            ['<', ..] => "lookbehind",
            ['>', ..] => "atomic group",
            ['#', ..] => "comment",
            _ => "group option",
        };
        throw Error(start, $"the {what} '(?{(rest.Length > 1 && rest[0] == '<' ? rest[..2] : rest.Length > 0 ? rest[..1] : rest)}' is not supported.");
    }

    private bool Take(char character)
    {
        if (AtEnd || Current != character)
            return false;
        _position++;
        return true;
    }

    private InvalidConstraintException Error(string problem) => Error(_position, problem);

    private InvalidConstraintException Error(int position, string problem) => RegexCharacters.Error(where, position, problem);
}

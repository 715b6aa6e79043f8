namespace Platform.Engine.Generation.Constraints;

/// <summary>Makes expressions in one normal form, and the same object for the same content. Used by one thread at a time.</summary>
/// <param name="writable">
/// Whether each of the 256 bytes has a token of its own. Others are left out of every expression: a text could get stuck behind them.
/// </param>
internal sealed class ExpressionPool(bool[] writable)
{
    // Enough for thousands of labels and schemas of hundreds of fields; a request must not take more memory than that.
    private const int MaximumExpressions = 300_000;
    private const int MaximumBytes = 1 << 30;

    private readonly Dictionary<(int Head, int Tail), Chain> _chains = [];
    private readonly Dictionary<(int Body, int Least, int Most), Repetition> _repetitions = [];
    private readonly Dictionary<int[], ByteChoice> _choices = new(IntegerList.Comparer);
    private readonly Dictionary<int[], Alternatives> _alternatives = new(IntegerList.Comparer);
    private readonly bool[] _begins = new bool[257];
    private int _next = 1;
    private int _limit = MaximumExpressions;

    /// <summary>The empty text.</summary>
    public Expression Empty { get; } = new EmptyText(0);

    /// <summary>Expressions that are kept for being found again.</summary>
    public int Kept { get; private set; }

    /// <summary>Expressions that automata looked at, all together.</summary>
    public long Work { get; set; }

    /// <summary>Whether any choice of bytes tells a byte from the one before it.</summary>
    public ReadOnlySpan<bool> Begins => _begins;

    /// <summary>Sum of two lengths that never overflows.</summary>
    public static int Add(int left, int right) => Math.Min(MaximumBytes, left + right);

    /// <summary>Product of a length and a count that never overflows.</summary>
    public static int Multiply(int length, int count) => (int)Math.Min(MaximumBytes, (long)length * count);

    /// <summary>From now on the pool grows and forgets by itself: the constraint was accepted.</summary>
    public void Accept() => _limit = int.MaxValue;

    /// <summary>Forgets what was made: equal content made later is another object, which costs time and changes nothing else.</summary>
    public void Forget()
    {
        _chains.Clear();
        _repetitions.Clear();
        _choices.Clear();
        _alternatives.Clear();
        Kept = 0;
    }

    /// <summary>A byte, and what follows it.</summary>
    /// <param name="next">For each of the 256 bytes; null for bytes that are not possible.</param>
    public Expression? Choice(ReadOnlySpan<Expression?> next)
    {
        var runs = new List<ByteChoice.Run>();
        for (var value = 0; value < 256; value++)
        {
            if (!writable[value] || next[value] is not { } after)
                continue;
            if (runs.Count > 0 && runs[^1] is var run && run.Last == value - 1 && run.Next == after)
                runs[^1] = run with { Last = (byte)value };
            else
                runs.Add(new ByteChoice.Run((byte)value, (byte)value, after));
        }

        if (runs.Count == 0)
            return null;
        var key = new int[runs.Count * 2];
        for (var i = 0; i < runs.Count; i++)
            (key[2 * i], key[2 * i + 1]) = (runs[i].First << 8 | runs[i].Last, runs[i].Next.Id);
        if (_choices.TryGetValue(key, out var choice))
            return choice;
        foreach (var run in runs)
            _begins[run.First] = _begins[run.Last + 1] = true;
        return _choices[key] = new ByteChoice(NewId(), [.. runs]);
    }

    /// <summary>Any of some bytes.</summary>
    public Expression? OneOf(ReadOnlySpan<byte> values)
    {
        var next = new Expression?[256];
        foreach (var value in values)
            next[value] = Empty;
        return Choice(next);
    }

    /// <summary>Exactly these bytes, then the rest.</summary>
    public Expression? Literal(ReadOnlySpan<byte> bytes, Expression? rest)
    {
        var next = new Expression?[256];
        for (var i = bytes.Length - 1; i >= 0 && rest is not null; i--)
        {
            next[bytes[i]] = rest;
            rest = Choice(next);
            next[bytes[i]] = null;
        }

        return rest;
    }

    /// <summary>Exactly these bytes.</summary>
    public Expression? Literal(ReadOnlySpan<byte> bytes) => Literal(bytes, Empty);

    /// <summary>One behind the other.</summary>
    public Expression? Sequence(params ReadOnlySpan<Expression?> parts)
    {
        Expression? result = Empty;
        for (var i = parts.Length - 1; i >= 0; i--)
            result = Sequence(parts[i], result);
        return result;
    }

    /// <summary>A text of the first, then one of the second.</summary>
    public Expression? Sequence(Expression? first, Expression? second)
    {
        if (first is null || second is null || second == Empty)
            return second is null ? null : first;
        if (first == Empty)
            return second;
        if (first is not Chain)
            return Link(first, second);
        var heads = new List<Expression>();
        for (; first is Chain chain; first = chain.Tail)
            heads.Add(chain.Head);
        var result = Link(first, second);
        for (var i = heads.Count - 1; i >= 0; i--)
            result = Link(heads[i], result);
        return result;
    }

    /// <summary>A text of any of them.</summary>
    public Expression? Any(params ReadOnlySpan<Expression?> items)
    {
        var flat = new List<Expression>();
        var seen = new HashSet<Expression>();
        foreach (var item in items)
        {
            foreach (var part in item is Alternatives nested ? nested.Items : item is null ? [] : [item])
            {
                if (seen.Add(part))
                    flat.Add(part);
            }
        }

        if (flat.Count < 2)
            return flat.Count == 0 ? null : flat[0];
        int[] key = [.. flat.Select(item => item.Id)];
        if (!_alternatives.TryGetValue(key, out var alternatives))
            _alternatives.Add(key, alternatives = new Alternatives(NewId(), [.. flat]));
        return alternatives;
    }

    /// <summary>It, or the empty text.</summary>
    public Expression Optional(Expression? item) => item is null || item.AcceptsEmpty ? item ?? Empty : Any(item, Empty)!;

    /// <summary>Texts of the body, from <paramref name="least"/> to <paramref name="most"/> of them.</summary>
    public Expression? Repeat(Expression? body, int least, int most)
    {
        if (body is null || body == Empty || most == 0)
            return body is null && least > 0 ? null : Empty;
        if (body.AcceptsEmpty)
            least = 0; // some of them may be empty
        if (least == 1 && most == 1)
            return body;
        if (!_repetitions.TryGetValue((body.Id, least, most), out var repetition))
            _repetitions.Add((body.Id, least, most), repetition = new Repetition(NewId(), body, least, most));
        return repetition;
    }

    private Chain Link(Expression head, Expression tail)
    {
        if (!_chains.TryGetValue((head.Id, tail.Id), out var chain))
            _chains.Add((head.Id, tail.Id), chain = new Chain(NewId(), head, tail));
        return chain;
    }

    private int NewId()
    {
        if (++Kept > _limit)
            throw new InvalidConstraintException("", $"it is too large: more than {_limit} parts. Use fewer or shorter alternatives.");
        return _next++;
    }
}

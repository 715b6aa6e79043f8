namespace Platform.Engine.Generation.Constraints;

/// <summary>
/// A deterministic automaton over bytes, made as far as texts come: a state is the list of expressions that are left (Antimirov's
/// partial derivatives), so limits on repetition cost nothing until they are near. Safe for use by many threads.
/// </summary>
/// <remarks>
/// Every state has a way to the end, because every expression has a text. Where more than <see cref="MaximumReadings"/> readings of the
/// same bytes are open at once, the first declared are followed: what comes out is valid all the same.
/// Source: V. Antimirov, Partial derivatives of regular expressions and finite automaton constructions, 1996.
/// </remarks>
internal sealed class Automaton
{
    /// <summary>Readings of the same text that are followed.</summary>
    public const int MaximumReadings = 1024;

    private const int KeptStates = 20_000;
    private const int KeptExpressions = 200_000;

    private readonly ExpressionPool _pool;
    private readonly byte[] _classOf = new byte[256];
    private readonly byte[] _example;
    private readonly Dictionary<int[], AutomatonState> _states = new(IntegerList.Comparer);
    private readonly Dictionary<Expression, Expression[]> _derived = [];
    private readonly AutomatonState _dead;

    /// <param name="pool">Where the expression comes from; from now on the automaton's own.</param>
    /// <param name="root">All texts.</param>
    public Automaton(ExpressionPool pool, Expression root)
    {
        _pool = pool;
        _example = Classify(pool);
        _dead = new AutomatonState([], _example.Length);
        Array.Fill(_dead.Next, _dead);
        Start = Find([root]);
    }

    /// <summary>Guards everything that grows.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Before the first byte.</summary>
    public AutomatonState Start { get; }

    /// <summary>Whether a state is the one behind impossible bytes.</summary>
    public bool IsDead(AutomatonState state) => state == _dead;

    /// <summary>The state behind a byte.</summary>
    public AutomatonState Next(AutomatonState state, byte value)
    {
        ref var slot = ref state.Next[_classOf[value]];
        return Volatile.Read(ref slot) ?? Make(state, value);
    }

    /// <summary>The state behind some bytes.</summary>
    public AutomatonState Next(AutomatonState state, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
            state = Next(state, value);
        return state;
    }

    /// <summary>Makes every state, so that an expression written by a stranger is refused here when it has too many.</summary>
    /// <param name="path">Where the expression stands, for the message.</param>
    /// <param name="maximumStates">Most states.</param>
    /// <param name="maximumWork">Most expressions to look at, for all expressions of the pool together.</param>
    public void Explore(string path, int maximumStates, long maximumWork)
    {
        var seen = new HashSet<AutomatonState> { Start };
        var open = new Queue<AutomatonState>(seen);
        while (open.TryDequeue(out var state))
        {
            foreach (var value in _example)
            {
                if (Next(state, value) is var next && seen.Add(next))
                    open.Enqueue(next);
            }

            if (seen.Count > maximumStates || _pool.Work > maximumWork)
                throw new InvalidConstraintException(path, $"it is too complex: its automaton has more than {maximumStates} states, or too many readings of the same text. Use smaller repetition counts.");
        }
    }

    /// <summary>The same state with every count that is beyond the reach of one token cut to just beyond it: the same tokens may follow.</summary>
    /// <param name="state">The state.</param>
    /// <param name="reach">Bytes of the longest token.</param>
    public AutomatonState Clamp(AutomatonState state, int reach)
    {
        lock (Gate)
            return Find([.. state.Readings.Select(reading => Clamp(reading, reach + 1)).Distinct()]);
    }

    // Only what the next token can come to matters, so the first parts of a long chain do.
    private Expression Clamp(Expression reading, int most, int parts = 64)
    {
        switch (reading)
        {
            case Chain chain when parts > 0:
                var (head, tail) = (Clamp(chain.Head, most, 0), Clamp(chain.Tail, most, parts - 1));
                return head == chain.Head && tail == chain.Tail ? chain : _pool.Sequence(head, tail)!;
            case Repetition { Most: Repetition.Unlimited } open when open.Least > most:
                return _pool.Repeat(open.Body, most, Repetition.Unlimited)!;
            case Repetition { Most: not Repetition.Unlimited } limited when limited.Most > most:
                return _pool.Repeat(limited.Body, Math.Min(limited.Least, most), most)!;
            default:
                return reading;
        }
    }

    private AutomatonState Make(AutomatonState state, byte value)
    {
        lock (Gate)
        {
            if (_pool.Kept > KeptExpressions)
                _pool.Forget();
            _derived.Clear();
            var readings = new Readings();
            foreach (var reading in state.Readings)
                Derive(reading, value, readings);
            var next = readings.Count == 0 ? _dead : Find(readings.ToArray());
            Volatile.Write(ref state.Next[_classOf[value]], next);
            return next;
        }
    }

    private AutomatonState Find(Expression[] readings)
    {
        var key = Array.ConvertAll(readings, reading => reading.Id);
        if (_states.TryGetValue(key, out var state))
            return state;
        if (_states.Count >= KeptStates)
            _states.Clear(); // sequences keep the states that they stand on
        return _states[key] = new AutomatonState(readings, _example.Length);
    }

    private void Derive(Expression expression, byte value, Readings into)
    {
        while (true)
        {
            _pool.Work++;
            switch (expression)
            {
                case ByteChoice choice:
                    into.Add(choice.After(value));
                    return;
                case Alternatives alternatives:
                    foreach (var item in alternatives.Items)
                        Derive(item, value, into);
                    return;
                case Repetition repetition:
                    if (Derived(repetition.Body, value) is { Length: > 0 } first)
                        Append(first, Rest(repetition), into);
                    return;
                case Chain chain:
                    Append(Derived(chain.Head, value), chain.Tail, into);
                    if (!chain.Head.AcceptsEmpty)
                        return;
                    expression = chain.Tail;
                    break;
                default:
                    return;
            }
        }
    }

    private Expression[] Derived(Expression expression, byte value)
    {
        if (expression is ByteChoice choice)
            return choice.After(value) is not { } next ? [] : next is Alternatives several ? several.Items : [next];

        // Shared parts are looked at once: nested alternatives of one another would take exponential time.
        if (!_derived.TryGetValue(expression, out var result))
        {
            var readings = new Readings();
            Derive(expression, value, readings);
            _derived[expression] = result = readings.ToArray();
        }

        return result;
    }

    private void Append(Expression[] parts, Expression? rest, Readings into)
    {
        foreach (var part in parts)
            into.Add(_pool.Sequence(part, rest));
        _pool.Work += parts.Length;
    }

    private Expression? Rest(Repetition repetition) => repetition.Most == Repetition.Unlimited && repetition.Least == 0
        ? repetition
        : _pool.Repeat(repetition.Body, Math.Max(0, repetition.Least - 1), repetition.Most == Repetition.Unlimited ? repetition.Most : repetition.Most - 1);

    /// <summary>Numbers the kinds of bytes; returns an example of each.</summary>
    private byte[] Classify(ExpressionPool pool)
    {
        var examples = new List<byte> { 0 };
        for (var value = 1; value < 256; value++)
        {
            if (pool.Begins[value])
                examples.Add((byte)value);
            _classOf[value] = (byte)(examples.Count - 1);
        }

        return [.. examples];
    }

    /// <summary>Expressions in the order in which they came, each once, up to the limit.</summary>
    private sealed class Readings
    {
        private readonly List<Expression> _list = [];
        private HashSet<Expression>? _seen;

        public int Count => _list.Count;

        public void Add(Expression? reading)
        {
            foreach (var part in reading is Alternatives several ? several.Items : reading is null ? [] : (ReadOnlySpan<Expression>)[reading])
            {
                if (_list.Count < MaximumReadings && IsNew(part))
                    _list.Add(part);
            }
        }

        public Expression[] ToArray() => [.. _list];

        private bool IsNew(Expression part)
        {
            if (_list.Count < 8)
                return !_list.Contains(part);
            return (_seen ??= [.. _list]).Add(part);
        }
    }
}

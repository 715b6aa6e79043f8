namespace Platform.Engine.Generation.Constraints;

/// <summary>How far one answer has come within its <see cref="Constraint"/>. Used by one thread at a time.</summary>
/// <example>
/// <code>
/// var state = constraint.Start();
/// while (!state.HasEnded)
/// {
///     var chosen = sampler.Choose(logits, state.Allowed);   // or state.Apply(logits) and an own choice
///     state.Advance(chosen.Token);
/// }
/// </code>
/// </example>
public sealed class ConstraintState
{
    private readonly Constraint _constraint;
    private AutomatonState _state;

    internal ConstraintState(Constraint constraint, AutomatonState state) => (_constraint, _state) = (constraint, state);

    /// <summary>The tokens that may follow, never none: an end token is among them exactly when <see cref="IsComplete"/>.</summary>
    /// <exception cref="InvalidOperationException">The answer has ended.</exception>
    public TokenSet Allowed => HasEnded ? throw Ended() : _constraint.Allowed(_state);

    /// <summary>Whether the answer so far is a whole one, so that it may end here.</summary>
    public bool IsComplete => _state.Accepts;

    /// <summary>Whether nothing but the end may follow; the model need not be asked.</summary>
    public bool MustEnd => _state.IsFinal;

    /// <summary>Whether an end token was taken.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>
    /// Bytes of the shortest way to a whole answer, 0 when <see cref="IsComplete"/>. That many tokens suffice, since every byte has a token
    /// of its own, and one more for the end.
    /// </summary>
    public int LeastBytes => _state.LeastBytes;

    /// <summary>Takes the next token.</summary>
    /// <param name="token">One of <see cref="Allowed"/>.</param>
    /// <exception cref="InvalidOperationException">The token is not allowed, or the answer has ended. The state is as before.</exception>
    public void Advance(int token)
    {
        if (!TryAdvance(token))
            throw new InvalidOperationException($"Token {token} is not allowed here; take one of {nameof(Allowed)}.");
    }

    /// <summary>Takes the next token if it is allowed; otherwise the state is as before.</summary>
    /// <param name="token">Any token id.</param>
    /// <returns>Whether it was allowed.</returns>
    /// <exception cref="InvalidOperationException">The answer has ended.</exception>
    public bool TryAdvance(int token)
    {
        if (HasEnded)
            throw Ended();
        if (_constraint.Vocabulary.EndTokens.Contains(token))
        {
            HasEnded = _state.Accepts;
            return HasEnded;
        }

        if (_constraint.After(_state, token) is not { } next)
            return false;
        _state = next;
        return true;
    }

    /// <summary>Where to go instead of a token behind which an answer could not be completed within a limit, though it still can be now.</summary>
    /// <param name="token">One of <see cref="Allowed"/>.</param>
    /// <param name="left">Tokens that may follow it, an end token not counted.</param>
    /// <returns>The end where the answer is whole, else single bytes on the shortest way there; null when the token may be taken.</returns>
    internal TokenSet? WayOut(int token, int left)
    {
        if (LeastBytes > left + 1 || _constraint.Vocabulary.EndTokens.Contains(token) || _constraint.After(_state, token) is not { } next || next.LeastBytes <= left)
            return null;
        var words = new ulong[(_constraint.Vocabulary.Size + 63) / 64];
        foreach (var way in IsComplete ? _constraint.Vocabulary.EndTokens : _constraint.Vocabulary.ByteTokens)
        {
            if (IsComplete || _constraint.After(_state, way)?.LeastBytes < LeastBytes)
                words[way >> 6] |= 1UL << (way & 63);
        }

        return new TokenSet(words);
    }

    /// <summary>Sets the logits of all tokens that may not follow to negative infinity.</summary>
    /// <param name="logits">One row; index is token id. At least as long as the vocabulary.</param>
    /// <exception cref="ArgumentException">The row is shorter than the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The answer has ended.</exception>
    public void Apply(Span<float> logits)
    {
        if (logits.Length < _constraint.Vocabulary.Size)
            throw new ArgumentException($"A row has {logits.Length} logits; the vocabulary has {_constraint.Vocabulary.Size} tokens.", nameof(logits));
        Allowed.Apply(logits);
    }

    /// <summary>Another state at the same place, for instance to try tokens out.</summary>
    public ConstraintState Copy() => new(_constraint, _state) { HasEnded = HasEnded };

    private static InvalidOperationException Ended() => new("This answer has ended; start a new state for the next one.");
}

namespace Platform.Engine.Generation.Constraints;

/// <summary>What may follow the bytes so far: the expressions that are left of every reading of them, the first declared first.</summary>
/// <param name="readings">None for the state behind bytes that are not possible.</param>
/// <param name="classes">Kinds of bytes that the automaton distinguishes.</param>
internal sealed class AutomatonState(Expression[] readings, int classes)
{
    public Expression[] Readings => readings;

    /// <summary>The state behind a byte of each class, as far as it was asked for.</summary>
    public AutomatonState?[] Next { get; } = new AutomatonState?[classes];

    /// <summary>Whether the bytes so far are a whole text.</summary>
    public bool Accepts { get; } = readings.Any(reading => reading.AcceptsEmpty);

    /// <summary>Whether nothing can follow.</summary>
    public bool IsFinal { get; } = readings is [EmptyText];

    /// <summary>Fewest bytes to a whole text.</summary>
    public int LeastBytes { get; } = readings.Length == 0 ? int.MaxValue : readings.Min(reading => reading.LeastBytes);

    /// <summary>The tokens that may follow, once asked for. Read and written with <see cref="Volatile"/>.</summary>
    public TokenSet? Allowed;

    /// <summary>The last walk over the vocabulary that came here.</summary>
    public int LastWalk { get; set; }
}

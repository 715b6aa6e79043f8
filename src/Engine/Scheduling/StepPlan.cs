namespace Platform.Engine.Scheduling;

/// <summary>What a step computes of one sequence.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="First">Position of the first token; all before it are in the cache.</param>
/// <param name="Count">Number of tokens, at least one.</param>
/// <param name="IsLast">
/// It reaches the sequence's last token, so the logits behind it are wanted, and the label tree runs in this step too.
/// </param>
public readonly record struct StepChunk(Sequence Sequence, int First, int Count, bool IsLast)
{
    /// <summary>Tokens of the label tree that run behind this chunk.</summary>
    public int TreeTokens => IsLast ? Sequence.TreeTokens : 0;
}

/// <summary>What the next step computes. Each sequence has at most one chunk, and needs nothing that another computes in the same step.</summary>
/// <param name="chunks">The parts.</param>
public sealed class StepPlan(IReadOnlyList<StepChunk> chunks)
{
    /// <summary>Its parts: sequences that go on by one token first.</summary>
    public IReadOnlyList<StepChunk> Chunks => chunks;

    /// <summary>Tokens of the step, label trees included.</summary>
    public int Tokens { get; } = chunks.Sum(chunk => chunk.Count + chunk.TreeTokens);

    /// <summary>There is nothing to do.</summary>
    public bool IsEmpty => chunks.Count == 0;
}

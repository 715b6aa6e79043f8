using System.Runtime.InteropServices;

namespace Platform.Engine.Scheduling;

/// <summary>Where a sequence is.</summary>
public enum SequenceState
{
    /// <summary>It holds no blocks: not yet admitted, or preempted.</summary>
    Waiting,

    /// <summary>It holds blocks and takes part in steps.</summary>
    Running,

    /// <summary>It is over: finished by the caller, or cancelled.</summary>
    Finished,
}

/// <summary>
/// One prompt on its way through the engine, and the tokens that were generated behind it. Token p has its keys and values in slot
/// p % block size of block <c>BlockTable[p / block size]</c>; a label tree's token i lies where token <c>TokenCount + i</c> would.
/// </summary>
public sealed class Sequence
{
    private readonly List<int> _tokens;
    private readonly List<int> _blocks = [];

    /// <param name="id">Its name, unique among the sequences in the scheduler.</param>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="maxNewTokens">Most tokens that will be generated; 0 when only what follows the prompt is to be scored.</param>
    /// <param name="adapter">Index of its adapter, -1 for the shared weights. Sequences of different adapters never share blocks.</param>
    /// <param name="treeTokens">Label-tree tokens that run behind the prompt, in the same step as its last token; 0 for none.</param>
    /// <param name="priorityClass">0 is served first; <see cref="SchedulerOptions.ClassDelayArrivals"/> says how much later the others are.</param>
    public Sequence(long id, ReadOnlySpan<int> prompt, int maxNewTokens, int adapter = -1, int treeTokens = 0, int priorityClass = 0)
    {
        if (prompt.IsEmpty)
            throw new ArgumentException($"Sequence {id} has no prompt; it needs at least one token.", nameof(prompt));
        ArgumentOutOfRangeException.ThrowIfNegative(maxNewTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(adapter, -1);
        ArgumentOutOfRangeException.ThrowIfNegative(treeTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(priorityClass);
        if (maxNewTokens > 0 && treeTokens > 0)
            throw new ArgumentException($"Sequence {id} has {treeTokens} tree tokens and {maxNewTokens} new tokens; a label tree ends a sequence, so one of them must be 0.");
        (Id, MaxNewTokens, Adapter, TreeTokens, PriorityClass) = (id, maxNewTokens, adapter, treeTokens, priorityClass);
        PromptTokens = prompt.Length;
        _tokens = new List<int>(prompt.Length + Math.Min(maxNewTokens, 64));
        _tokens.AddRange(prompt);
    }

    /// <summary>Its name.</summary>
    public long Id { get; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>Most tokens behind the prompt.</summary>
    public int MaxNewTokens { get; }

    /// <summary>Index of its adapter, -1 for the shared weights.</summary>
    public int Adapter { get; }

    /// <summary>Tokens of its label tree, 0 for none.</summary>
    public int TreeTokens { get; }

    /// <summary>0 is served first.</summary>
    public int PriorityClass { get; }

    /// <summary>Token ids of the prompt and of what was generated. Valid until the next token is appended.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Tokens of the prompt and of what was generated.</summary>
    public int TokenCount => _tokens.Count;

    /// <summary>Tokens generated so far.</summary>
    public int NewTokens => _tokens.Count - PromptTokens;

    /// <summary>Leading tokens whose keys and values are in the cache.</summary>
    public int Computed { get; internal set; }

    /// <summary>Tokens that are still to be computed before the next one can be chosen.</summary>
    public int Remaining => _tokens.Count - Computed;

    /// <summary>Prompt tokens that were taken from the prefix cache when it was first admitted; recomputing after a preemption does not change it.</summary>
    public int Cached { get; internal set; }

    /// <summary>
    /// Its blocks in order of position. Read it anew for each step: a block that turns out to hold the same as a cached one is exchanged
    /// for that one between two steps.
    /// </summary>
    public ReadOnlySpan<int> BlockTable => CollectionsMarshal.AsSpan(_blocks);

    /// <summary>Where it is.</summary>
    public SequenceState State { get; internal set; }

    /// <summary>Nobody wants the result any more; a running one leaves at the next step.</summary>
    public bool IsCancelled { get; internal set; }

    /// <summary>Most tokens that it can ever have in the cache.</summary>
    public long MaxCacheTokens => (long)PromptTokens + TreeTokens + MaxNewTokens;

    /// <summary>Tokens that it needs room for now.</summary>
    internal int CacheTokens => _tokens.Count + TreeTokens;

    /// <summary>Order of arrival; -1 before the scheduler has taken it.</summary>
    internal long Arrival { get; set; } = -1;

    /// <summary>Lower is served first and preempted last. It never changes, so what is ahead of a sequence can only become less.</summary>
    internal long Rank { get; set; }

    /// <summary>It has held blocks before.</summary>
    internal bool WasAdmitted { get; set; }

    /// <summary>Leading blocks that others may find and share.</summary>
    internal int SharedBlocks { get; set; }

    internal List<int> Blocks => _blocks;

    internal void Append(ReadOnlySpan<int> tokens) => _tokens.AddRange(tokens);
}

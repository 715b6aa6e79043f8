namespace Platform.Engine.Scheduling;

/// <summary>Sizes of the key/value cache and limits of one step.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Tokens whose keys and values one block of the cache holds.</summary>
    public int BlockTokens { get; init; } = 16;

    /// <summary>Blocks of the cache.</summary>
    public required int Blocks { get; init; }

    /// <summary>Most tokens of one step, label trees included.</summary>
    public int MaxStepTokens { get; init; } = 512;

    /// <summary>Most sequences that hold blocks at the same time, and so most of one step.</summary>
    public int MaxStepSequences { get; init; } = 64;

    /// <summary>Most tokens of one sequence in one step, its label tree not counted: a long prompt leaves the rest of the step to others.</summary>
    public int PrefillChunkTokens { get; init; } = 256;

    /// <summary>Most sequences that wait; one that was preempted goes back even when the queue is full.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary>
    /// A sequence is served as if it had arrived this many arrivals later for each step of its priority class. So a better class goes
    /// first, but no sequence is ever passed by more than a fixed number of later ones.
    /// </summary>
    public int ClassDelayArrivals { get; init; } = 256;

    /// <summary>Most tokens that one sequence can have in the cache, its label tree included.</summary>
    public int MaxSequenceTokens => Blocks * BlockTokens;

    /// <summary>Most tokens of a label tree: it runs in one step, in which every other sequence may need one token.</summary>
    public int MaxTreeTokens => MaxStepTokens - MaxStepSequences;

    /// <summary>What is wrong with the values, one sentence each; empty when they can be used.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Check(nameof(BlockTokens), BlockTokens, 1, 4096);
        Check(nameof(Blocks), Blocks, 1, int.MaxValue / Math.Clamp(BlockTokens, 1, 4096));
        Check(nameof(MaxStepSequences), MaxStepSequences, 1, 65536);
        Check(nameof(MaxStepTokens), MaxStepTokens, Math.Max(1, MaxStepSequences), 1 << 24);
        Check(nameof(PrefillChunkTokens), PrefillChunkTokens, 1, 1 << 24);
        Check(nameof(MaxWaiting), MaxWaiting, 1, 1 << 24);
        Check(nameof(ClassDelayArrivals), ClassDelayArrivals, 0, 1 << 24);
        return problems;

        void Check(string field, int value, int least, int most)
        {
            if (value < least || value > most)
                problems.Add($"{field} is {value}; it must be {least} to {most}.");
        }
    }
}

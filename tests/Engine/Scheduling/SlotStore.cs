using Platform.Engine.Scheduling;

namespace Platform.Engine.Tests.Scheduling;

/// <summary>
/// Replays steps as an engine would, with a number in each slot instead of keys and values: one that stands for the adapter and every
/// token up to this place. What a token sees through the block table must be exactly its own beginning.
/// </summary>
internal sealed class SlotStore(SchedulerOptions options, BlockPool blocks)
{
    private readonly ulong[] _slots = new ulong[options.MaxSequenceTokens];
    private ulong _treeValues = ulong.MaxValue;

    public void Run(StepPlan plan)
    {
        foreach (var chunk in plan.Chunks)
            Look(chunk.Sequence, chunk.First); // before any write: no sequence needs what another computes in this step

        var written = new HashSet<int>();
        foreach (var chunk in plan.Chunks)
        {
            var values = Prefixes(chunk.Sequence);
            for (var p = chunk.First; p < chunk.First + chunk.Count + chunk.TreeTokens; p++)
            {
                var slot = Slot(chunk.Sequence, p);
                var block = slot / options.BlockTokens;
                Assert.True(written.Add(slot), $"Slot {slot} was written twice in a step.");
                Assert.Equal(1, blocks.References(block));
                Assert.False(blocks.IsPublished(block), $"Block {block} can be found by others and was written.");
                _slots[slot] = p < values.Length ? values[p] : _treeValues--;
            }
        }

        foreach (var chunk in plan.Chunks)
            Look(chunk.Sequence, chunk.First + chunk.Count); // after all writes: nothing that a token sees was overwritten
    }

    /// <summary>What the fake model says after a sequence's last token, from what lies in its slot.</summary>
    public int Next(Sequence sequence, int vocabulary) => Next(_slots[Slot(sequence, sequence.TokenCount - 1)], vocabulary);

    /// <summary>What the fake model generates for a prompt on its own, without any cache.</summary>
    public static List<int> GenerateAlone(ReadOnlySpan<int> prompt, int adapter, int newTokens, int vocabulary)
    {
        List<int> tokens = [.. prompt];
        for (var i = 0; i < newTokens; i++)
            tokens.Add(Next(Prefixes([.. tokens], adapter)[^1], vocabulary));
        return tokens;
    }

    private static int Next(ulong prefix, int vocabulary) => (int)((prefix >> 20) % (ulong)vocabulary);

    private void Look(Sequence sequence, int count)
    {
        var expected = Prefixes(sequence);
        for (var p = 0; p < count; p++)
            Assert.True(_slots[Slot(sequence, p)] == expected[p], $"Sequence {sequence.Id} would see something else at position {p} than its own token.");
    }

    private int Slot(Sequence sequence, int position) =>
        sequence.BlockTable[position / options.BlockTokens] * options.BlockTokens + position % options.BlockTokens;

    private static ulong[] Prefixes(Sequence sequence) => Prefixes(sequence.Tokens, sequence.Adapter);

    private static ulong[] Prefixes(ReadOnlySpan<int> tokens, int adapter)
    {
        var prefixes = new ulong[tokens.Length];
        var value = 14695981039346656037 + (ulong)(adapter + 1);
        for (var p = 0; p < tokens.Length; p++)
            prefixes[p] = value = (value ^ ((ulong)tokens[p] + 1)) * 1099511628211 + (value >> 37);
        return prefixes;
    }
}

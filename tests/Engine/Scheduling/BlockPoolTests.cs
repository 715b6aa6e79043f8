using Platform.Engine.Scheduling;

namespace Platform.Engine.Tests.Scheduling;

public class BlockPoolTests
{
    private const int BlockTokens = 2;

    [Fact]
    public void TryAdmit_SameBeginning_SharesFullBlocks()
    {
        var pool = new BlockPool(8, BlockTokens);
        var first = Computed(pool, [1, 2, 3, 4, 5]);
        var second = Admitted(pool, [1, 2, 3, 4, 6]);

        Assert.Equal(4, second.Computed);
        Assert.Equal(first.BlockTable[..2].ToArray(), second.BlockTable[..2].ToArray());
        Assert.NotEqual(first.BlockTable[2], second.BlockTable[2]);
        Assert.Equal([2, 2, 1], first.BlockTable.ToArray().Select(pool.References));
    }

    [Fact]
    public void TryAdmit_WholePromptCached_LeavesItsLastBlockToBeComputed()
    {
        var pool = new BlockPool(8, BlockTokens);
        Computed(pool, [1, 2, 3, 4]);

        var second = Admitted(pool, [1, 2, 3, 4]);

        Assert.Equal(2, second.Computed);
    }

    [Fact]
    public void TryAdmit_SameTokensBehindAnotherBeginning_SharesNothing()
    {
        var pool = new BlockPool(8, BlockTokens);
        Computed(pool, [1, 2, 3, 4, 5]);

        Assert.Equal(0, Admitted(pool, [9, 9, 3, 4, 5]).Computed);
    }

    [Fact]
    public void TryAdmit_OtherAdapter_SharesNothing()
    {
        var pool = new BlockPool(8, BlockTokens);
        Computed(pool, [1, 2, 3, 4, 5]);

        Assert.Equal(0, Admitted(pool, [1, 2, 3, 4, 5], adapter: 0).Computed);
    }

    [Fact]
    public void TryAdmit_AllHashesEqual_NeverSharesOtherContent()
    {
        var pool = new BlockPool(8, BlockTokens, (_, _) => 5);
        Computed(pool, [1, 2, 3, 4, 5]);

        Assert.Equal(0, Admitted(pool, [7, 8, 9]).Computed);
        Assert.Equal(2, Admitted(pool, [1, 2, 3, 4, 5]).Computed);
    }

    [Fact]
    public void TryAdmit_TooFewBlocks_ChangesNothing()
    {
        var pool = new BlockPool(4, BlockTokens);
        var first = Computed(pool, [1, 2, 3, 4, 5]);
        var second = new Sequence(2, [1, 2, 3, 4, 6, 7, 8], 0);

        Assert.False(pool.TryAdmit(second, spare: 0));

        Assert.True(second.BlockTable.IsEmpty);
        Assert.Equal(0, second.Computed);
        Assert.Equal([1, 1, 1], first.BlockTable.ToArray().Select(pool.References));
        Assert.Equal(1, pool.Free);
    }

    [Fact]
    public void Publish_SameContentTwice_KeepsOneBlock()
    {
        var pool = new BlockPool(8, BlockTokens);
        var first = Admitted(pool, [1, 2, 3]);
        var second = Admitted(pool, [1, 2, 4]);
        Compute(pool, first);
        Compute(pool, second);

        Assert.Equal(first.BlockTable[0], second.BlockTable[0]);
        Assert.Equal(3, pool.Used);
    }

    [Fact]
    public void Publish_TreeBehindThePrompt_KeepsTheTreesBlocksPrivate()
    {
        var pool = new BlockPool(8, BlockTokens);
        var sequence = Admitted(pool, [1, 2, 3], tree: 3);
        Compute(pool, sequence);

        Assert.Equal([true, false, false], sequence.BlockTable.ToArray().Select(pool.IsPublished));
    }

    [Fact]
    public void Release_PublishedBlocks_StayUntilTheirRoomIsNeeded()
    {
        var pool = new BlockPool(4, BlockTokens);
        pool.Release(Computed(pool, [1, 2, 3, 4, 5]));
        Assert.Equal((0, 2, 2), (pool.Used, pool.Cached, pool.Free));

        Admitted(pool, [9, 9, 9, 9, 9]); // takes both free blocks and evicts one

        Assert.Equal((3, 1, 0), (pool.Used, pool.Cached, pool.Free));
    }

    [Fact]
    public void Release_ThenEviction_TakesTheEndOfTheLeastRecentlyUsedFirst()
    {
        var pool = new BlockPool(6, BlockTokens);
        pool.Release(Computed(pool, [1, 2, 3, 4, 5]));
        pool.Release(Computed(pool, [6, 7, 8, 9, 5]));
        pool.Release(Admitted(pool, [1, 2, 3, 4, 5])); // used again, so now the other is older

        var large = Admitted(pool, [0, 0, 0, 0, 0]); // two free blocks and one evicted
        pool.Release(large);

        Assert.Equal(2, Probe(pool, [6, 7, 8, 9, 5]));
        Assert.Equal(4, Probe(pool, [1, 2, 3, 4, 5]));
    }

    private static int Probe(BlockPool pool, int[] tokens)
    {
        var sequence = Admitted(pool, tokens);
        var hits = sequence.Computed;
        pool.Release(sequence);
        return hits;
    }

    private static Sequence Admitted(BlockPool pool, int[] tokens, int adapter = -1, int tree = 0)
    {
        var sequence = new Sequence(1, tokens, 0, adapter, tree);
        Assert.True(pool.TryAdmit(sequence, spare: 0));
        return sequence;
    }

    private static Sequence Computed(BlockPool pool, int[] tokens)
    {
        var sequence = Admitted(pool, tokens);
        Compute(pool, sequence);
        return sequence;
    }

    private static void Compute(BlockPool pool, Sequence sequence)
    {
        sequence.Computed = sequence.TokenCount;
        pool.Publish(sequence);
    }
}

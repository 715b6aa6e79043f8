using Platform.Engine.Scheduling;

namespace Platform.Engine.Tests.Scheduling;

public class SchedulerTests
{
    private static readonly SchedulerOptions Options = new()
    {
        BlockTokens = 4,
        Blocks = 32,
        MaxStepTokens = 16,
        MaxStepSequences = 4,
        PrefillChunkTokens = 8,
        MaxWaiting = 4,
        ClassDelayArrivals = 2,
    };

    [Fact]
    public void Schedule_NothingAdded_IsEmpty() => Assert.True(new Scheduler(Options).Schedule().IsEmpty);

    [Fact]
    public void Schedule_LongPrompt_IsCutAndLeavesRoomForOthers()
    {
        var scheduler = new Scheduler(Options);
        Add(scheduler, 1, Tokens(20));
        Add(scheduler, 2, Tokens(5, start: 100));

        Assert.Equal([(1, 0, 8, false), (2, 0, 5, true)], Step(scheduler));
        scheduler.Cancel(2);
        Assert.Equal([(1, 8, 8, false)], Step(scheduler));
        Assert.Equal([(1, 16, 4, true)], Step(scheduler));
    }

    [Fact]
    public void Schedule_RunningSequence_DecodesBeforePrompts()
    {
        var scheduler = new Scheduler(Options);
        var first = Add(scheduler, 1, Tokens(3), newTokens: 5);
        Step(scheduler);
        scheduler.Append(first, 7);
        Add(scheduler, 2, Tokens(20, start: 100));

        Assert.Equal([(1, 3, 1, true), (2, 0, 8, false)], Step(scheduler));
    }

    [Fact]
    public void Schedule_Tree_RunsWithTheLastTokensOfThePrompt()
    {
        var scheduler = new Scheduler(Options);
        var sequence = Add(scheduler, 1, Tokens(10), tree: 9);

        Assert.Equal([(1, 0, 8, false)], Step(scheduler));
        var plan = scheduler.Schedule();
        Assert.Equal(new StepChunk(sequence, 8, 2, true), Assert.Single(plan.Chunks));
        Assert.Equal(9, plan.Chunks[0].TreeTokens);
        Assert.Equal(11, plan.Tokens);
        Assert.Equal(5, sequence.BlockTable.Length); // 10 + 9 tokens
    }

    [Fact]
    public void Schedule_TreeDoesNotFitIntoTheStep_HoldsBackTheLastToken()
    {
        var scheduler = new Scheduler(Options);
        Add(scheduler, 1, Tokens(6), tree: 11);

        Assert.Equal([(1, 0, 5, false)], Step(scheduler));
        Assert.Equal([(1, 5, 1, true)], Step(scheduler));
    }

    [Fact]
    public void Schedule_SamePrompt_TakesItsBeginningFromTheCache()
    {
        var scheduler = new Scheduler(Options);
        var first = Add(scheduler, 1, Tokens(8));
        Step(scheduler);
        scheduler.Finish(first);
        var second = Add(scheduler, 2, [.. Tokens(8), 50]);

        Assert.Equal([(2, 8, 1, true)], Step(scheduler));
        Assert.Equal(8, second.Cached);
        Assert.Equal(8, scheduler.Counts.HitTokens);
        Assert.Equal(17, scheduler.Counts.PromptTokens);
    }

    [Fact]
    public void Schedule_GeneratedTokens_AreSharedTooWhenTheirBlockIsFull()
    {
        var scheduler = new Scheduler(Options);
        var first = Add(scheduler, 1, Tokens(3), newTokens: 3);
        foreach (var token in (int[])[61, 62])
        {
            Step(scheduler);
            scheduler.Append(first, token);
        }

        Step(scheduler);
        scheduler.Finish(first);
        Add(scheduler, 2, [.. Tokens(3), 61, 62]);

        Assert.Equal([(2, 4, 1, true)], Step(scheduler));
    }

    [Fact]
    public void Schedule_NoBlockForADecode_PreemptsTheNewestOfTheLowestClass()
    {
        var scheduler = new Scheduler(Options with { Blocks = 4, ClassDelayArrivals = 10 });
        var low = Add(scheduler, 1, Tokens(4), newTokens: 6, priorityClass: 1);
        var high = Add(scheduler, 2, Tokens(4, start: 100), newTokens: 6);
        for (var i = 0; i < 5; i++)
        {
            Step(scheduler);
            scheduler.Append(low, i);
            scheduler.Append(high, i);
        }

        Assert.Equal([(2, 8, 1, true)], Step(scheduler)); // both need a third block, and there are four

        Assert.Equal(SequenceState.Waiting, low.State);
        Assert.True(low.BlockTable.IsEmpty);
        Assert.Equal(1, scheduler.Counts.Preemptions);
        scheduler.Finish(high);
        Assert.Equal([(1, 4, 5, true)], Step(scheduler)); // what it had generated is computed again; its first block is still cached
        Assert.Equal(0, low.Cached);
    }

    [Fact]
    public void Schedule_FirstDoesNotFit_NobodyOvertakes()
    {
        var scheduler = new Scheduler(Options with { Blocks = 4 });
        var first = Add(scheduler, 1, Tokens(7), newTokens: 3);
        Add(scheduler, 2, Tokens(12, start: 100));
        Add(scheduler, 3, Tokens(2, start: 200));

        Assert.Equal([(1, 0, 7, true)], Step(scheduler)); // 2 needs three of the two blocks that are left; 3 would fit
        scheduler.Finish(first);
        Assert.Equal([(2, 0, 8, false), (3, 0, 2, true)], Step(scheduler));
    }

    [Fact]
    public void Schedule_BetterClass_GoesFirstButPassesNoMoreThanTheDelay()
    {
        var scheduler = new Scheduler(Options with { MaxStepSequences = 1, MaxWaiting = 10 });
        Add(scheduler, 0, Tokens(2), priorityClass: 1);
        for (var id = 1; id <= 5; id++)
            Add(scheduler, id, Tokens(2));

        // A delay of two arrivals: 1 passes for sure, 2 ties and came later, the rest comes after.
        Assert.Equal([1, 0, 2, 3, 4, 5], RunAll(scheduler));
    }

    [Fact]
    public void TryAdd_FullQueue_ReturnsFalse()
    {
        var scheduler = new Scheduler(Options);
        for (var id = 0; id < 4; id++)
            Add(scheduler, id, Tokens(2));

        Assert.False(scheduler.TryAdd(new Sequence(9, Tokens(2), 0)));
        Assert.Equal(4, scheduler.Counts.Waiting);
    }

    [Fact]
    public void TryAdd_CanNeverFit_ThrowsWhatToChange()
    {
        var scheduler = new Scheduler(Options);

        var tooLong = Assert.Throws<ArgumentException>(() => scheduler.TryAdd(new Sequence(1, Tokens(100), 30)));
        var tooWide = Assert.Throws<ArgumentException>(() => scheduler.TryAdd(new Sequence(1, Tokens(2), 0, treeTokens: 13)));

        Assert.StartsWith("Sequence 1 needs room for 130 tokens, and the whole cache has 128.", tooLong.Message, StringComparison.Ordinal);
        Assert.StartsWith("Sequence 1 has a label tree of 13 tokens, and one step has room for 12.", tooWide.Message, StringComparison.Ordinal);
        Assert.True(scheduler.TryAdd(new Sequence(1, Tokens(100), 28)));
    }

    [Fact]
    public void TryAdd_IdInUseOrAddedBefore_Throws()
    {
        var scheduler = new Scheduler(Options);
        var first = Add(scheduler, 1, Tokens(2));

        Assert.Throws<ArgumentException>(() => scheduler.TryAdd(new Sequence(1, Tokens(2), 0)));
        Step(scheduler);
        scheduler.Finish(first);
        Assert.Throws<ArgumentException>(() => scheduler.TryAdd(first));
        Assert.True(scheduler.TryAdd(new Sequence(1, Tokens(2), 0)));
    }

    [Fact]
    public void Cancel_Waiting_LeavesAtOnce()
    {
        var scheduler = new Scheduler(Options);
        var sequence = Add(scheduler, 1, Tokens(2));

        Assert.True(scheduler.Cancel(1));
        Assert.False(scheduler.Cancel(1));

        Assert.True(scheduler.IsIdle);
        Assert.Equal(SequenceState.Finished, sequence.State);
    }

    [Fact]
    public void Cancel_DuringItsStep_FreesAtTheNext()
    {
        var scheduler = new Scheduler(Options);
        var sequence = Add(scheduler, 1, Tokens(6), newTokens: 5);
        var plan = scheduler.Schedule();

        Assert.True(scheduler.Cancel(1));
        Assert.False(scheduler.Cancel(1));
        Assert.Equal(2, scheduler.Counts.UsedBlocks); // the engine may still write to them
        scheduler.Complete(plan);
        scheduler.Append(sequence, 7);

        Assert.True(scheduler.Schedule().IsEmpty);
        Assert.Equal(0, scheduler.Counts.UsedBlocks);
        Assert.Equal(1, scheduler.Counts.CachedBlocks);
        Assert.Equal(0, sequence.NewTokens);
    }

    [Fact]
    public void Cancel_UnknownId_ReturnsFalse() => Assert.False(new Scheduler(Options).Cancel(3));

    [Fact]
    public void Discard_FailedStep_IsPlannedAgain()
    {
        var scheduler = new Scheduler(Options);
        Add(scheduler, 1, Tokens(6));
        var plan = scheduler.Schedule();
        scheduler.Discard(plan);

        Assert.Equal([(1, 0, 6, true)], Step(scheduler));
    }

    [Fact]
    public void Append_SeveralTokens_AreComputedTogether()
    {
        var scheduler = new Scheduler(Options);
        var sequence = Add(scheduler, 1, Tokens(3), newTokens: 5);
        Step(scheduler);
        scheduler.Append(sequence, 7, 8, 9);

        Assert.Equal([(1, 3, 3, true)], Step(scheduler));
    }

    [Fact]
    public void Append_WithoutLogitsOrBeyondTheLimit_Throws()
    {
        var scheduler = new Scheduler(Options);
        var sequence = Add(scheduler, 1, Tokens(3), newTokens: 1);

        Assert.Throws<InvalidOperationException>(() => scheduler.Append(sequence, 7));
        Step(scheduler);
        Assert.Throws<InvalidOperationException>(() => scheduler.Append(sequence, 7, 8));
        scheduler.Append(sequence, 7);
        Assert.Throws<InvalidOperationException>(() => scheduler.Append(sequence, 8));
    }

    [Fact]
    public void Schedule_OutOfOrder_Throws()
    {
        var scheduler = new Scheduler(Options);
        var sequence = Add(scheduler, 1, Tokens(3), newTokens: 1);
        var plan = scheduler.Schedule();

        Assert.Throws<InvalidOperationException>(scheduler.Schedule);
        Assert.Throws<InvalidOperationException>(() => scheduler.Finish(sequence));
        scheduler.Complete(new StepPlan([]));
        scheduler.Complete(plan);
        Assert.Throws<InvalidOperationException>(() => scheduler.Complete(plan));
        Assert.Throws<InvalidOperationException>(scheduler.Schedule); // its logits are there, and nothing was done with them
    }

    [Fact]
    public void Sequence_WrongArguments_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Sequence(1, [], 1));
        Assert.Throws<ArgumentException>(() => new Sequence(1, [1], 1, treeTokens: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sequence(1, [1], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sequence(1, [1], 1, adapter: -2));
    }

    private static int[] Tokens(int count, int start = 0) => [.. Enumerable.Range(start, count)];

    private static Sequence Add(Scheduler scheduler, long id, int[] prompt, int newTokens = 0, int tree = 0, int priorityClass = 0)
    {
        var sequence = new Sequence(id, prompt, newTokens, treeTokens: tree, priorityClass: priorityClass);
        Assert.True(scheduler.TryAdd(sequence));
        return sequence;
    }

    private static List<(long Id, int First, int Count, bool IsLast)> Step(Scheduler scheduler)
    {
        var plan = scheduler.Schedule();
        scheduler.Complete(plan);
        return [.. plan.Chunks.Select(chunk => (chunk.Sequence.Id, chunk.First, chunk.Count, chunk.IsLast))];
    }

    private static List<long> RunAll(Scheduler scheduler)
    {
        var finished = new List<long>();
        while (scheduler.Schedule() is { IsEmpty: false } plan)
        {
            scheduler.Complete(plan);
            foreach (var chunk in plan.Chunks.Where(chunk => chunk.IsLast))
            {
                finished.Add(chunk.Sequence.Id);
                scheduler.Finish(chunk.Sequence);
            }
        }

        return finished;
    }
}

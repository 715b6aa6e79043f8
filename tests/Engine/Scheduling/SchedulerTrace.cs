using Platform.Engine.Scheduling;

namespace Platform.Engine.Tests.Scheduling;

/// <summary>A random history of one scheduler, in which everything that it guarantees is checked after every operation.</summary>
internal sealed class SchedulerTrace
{
    private const int Vocabulary = 3; // so few that sequences often begin alike by chance

    private readonly Random _random;
    private readonly SchedulerOptions _options;
    private readonly Scheduler _scheduler;
    private readonly SlotStore _store;
    private readonly List<Sequence> _all = [];
    private readonly HashSet<Sequence> _admitted = [];
    private readonly HashSet<Sequence> _endedEarly = [];
    private readonly int[][] _prefixes;
    private readonly bool _isTight;

    public SchedulerTrace(int seed, Func<ulong, int[], ulong>? hash = null)
    {
        _random = new Random(seed);
        var sequences = _random.Next(1, 7);
        _isTight = seed % 2 == 1; // many that grow at the same time in few small blocks, so that they are preempted
        _options = new SchedulerOptions
        {
            BlockTokens = _random.Next(1, _isTight ? 3 : 6),
            Blocks = _isTight ? _random.Next(16, 30) : _random.Next(3, 30),
            MaxStepSequences = sequences,
            MaxStepTokens = sequences + _random.Next(0, 25),
            PrefillChunkTokens = _random.Next(1, 13),
            MaxWaiting = _random.Next(1, 12),
            ClassDelayArrivals = _random.Next(0, 7),
        };
        var pool = hash is null ? null : new BlockPool(_options.Blocks, _options.BlockTokens, hash);
        _scheduler = new Scheduler(_options, pool);
        _store = new SlotStore(_options, _scheduler.Blocks);
        _prefixes = [.. Enumerable.Range(0, 4).Select(_ => Tokens(_random.Next(0, _isTight ? 5 : 25)))];
    }

    public int Operations { get; private set; }

    public SchedulerCounts Counts => _scheduler.Counts;

    public void Run(int operations)
    {
        for (var i = 0; i < operations; i++)
        {
            var what = _random.Next(100);
            if (what < 35)
                Add();
            else if (what < 42 && _all.Count > 0)
                Cancel();
            else
                Step();
            Check();
        }

        // Whatever is left comes to its end: each step computes at least one token, or ends a sequence.
        for (var steps = 0; !_scheduler.IsIdle; steps++)
        {
            Assert.True(steps < 100_000, "Some sequence is never finished.");
            Step();
            Check();
        }

        Assert.Equal(0, _scheduler.Counts.UsedBlocks);
        Assert.Equal(_options.Blocks, _scheduler.Counts.CachedBlocks + _scheduler.Counts.FreeBlocks);
        Assert.All(_all, sequence => Assert.Equal(SequenceState.Finished, sequence.State));
        Assert.All(_all.Where(sequence => !sequence.IsCancelled), CheckAnswer);
    }

    private void Add()
    {
        int[] prompt = [.. _prefixes[_random.Next(_prefixes.Length)], .. Tokens(_random.Next(1, 8))];
        var tree = _random.Next(_isTight ? 10 : 3) == 0 ? _random.Next(1, 10) : 0;
        var sequence = new Sequence(_all.Count, prompt, tree > 0 ? 0 : _random.Next(0, 20), _random.Next(-1, 2), tree, _random.Next(0, 3));
        var fits = sequence.MaxCacheTokens <= _options.MaxSequenceTokens && tree <= _options.MaxTreeTokens;
        if (!fits)
            Assert.Throws<ArgumentException>(() => _scheduler.TryAdd(sequence));
        else if (_scheduler.Waiting.Count >= _options.MaxWaiting)
            Assert.False(_scheduler.TryAdd(sequence));
        else
        {
            Assert.True(_scheduler.TryAdd(sequence));
            _all.Add(sequence);
        }
    }

    private void Cancel()
    {
        var sequence = _all[_random.Next(_all.Count)];
        var expected = sequence.State != SequenceState.Finished && !sequence.IsCancelled;
        Assert.Equal(expected, _scheduler.Cancel(sequence.Id));
        Assert.False(_scheduler.Cancel(sequence.Id));
    }

    private void Step()
    {
        var before = _scheduler.Running.ToHashSet();
        var plan = _scheduler.Schedule();
        CheckPlan(plan);
        CheckAdmissions(before);
        _store.Run(plan);
        if (_random.Next(20) == 0)
        {
            _scheduler.Discard(plan);
            return;
        }

        if (_random.Next(10) == 0 && plan.Chunks.Count > 0)
            _scheduler.Cancel(plan.Chunks[_random.Next(plan.Chunks.Count)].Sequence.Id);
        _scheduler.Complete(plan);
        foreach (var chunk in plan.Chunks.Where(chunk => chunk.IsLast))
            Continue(chunk.Sequence);
    }

    private void Continue(Sequence sequence)
    {
        if (sequence.NewTokens < sequence.MaxNewTokens)
        {
            var early = _random.Next(30) == 0;
            if (!early)
            {
                _scheduler.Append(sequence, _store.Next(sequence, Vocabulary));
                return;
            }

            _endedEarly.Add(sequence);
        }

        _scheduler.Finish(sequence);
        _scheduler.Finish(sequence);
    }

    private void CheckPlan(StepPlan plan)
    {
        Assert.Equal(_scheduler.IsIdle, plan.IsEmpty);
        Assert.Equal(plan.Tokens, plan.Chunks.Sum(chunk => chunk.Count + chunk.TreeTokens));
        Assert.True(plan.Tokens <= _options.MaxStepTokens && plan.Chunks.Count <= _options.MaxStepSequences);
        Assert.Equal(plan.Chunks.Count, plan.Chunks.Select(chunk => chunk.Sequence).Distinct().Count());
        foreach (var (sequence, first, count, isLast) in plan.Chunks)
        {
            Assert.Equal(SequenceState.Running, sequence.State);
            Assert.Equal(sequence.Computed, first);
            Assert.InRange(count, 1, Math.Min(_options.PrefillChunkTokens, sequence.Remaining));
            Assert.Equal(isLast, first + count == sequence.TokenCount);
        }

        var decodes = _scheduler.Running.Where(sequence => sequence is { Remaining: 1, TreeTokens: 0, NewTokens: > 0 });
        Assert.All(decodes, sequence => Assert.Contains(plan.Chunks, chunk => chunk.Sequence == sequence));
    }

    private void CheckAdmissions(HashSet<Sequence> before)
    {
        foreach (var sequence in _scheduler.Running.Where(sequence => !before.Contains(sequence)))
        {
            Assert.All(_scheduler.Waiting, waiting => Assert.True(waiting.Rank >= sequence.Rank, "A sequence was overtaken."));
            if (!_admitted.Add(sequence))
                continue;
            var overtook = _admitted.Count(other => other.Arrival > sequence.Arrival && !_scheduler.Running.Except(before).Contains(other));
            Assert.True(overtook <= sequence.PriorityClass * _options.ClassDelayArrivals, $"{overtook} later sequences were admitted first.");
        }
    }

    private void Check()
    {
        Operations++;
        var blocks = _scheduler.Blocks;
        var references = new int[_options.Blocks];
        foreach (var sequence in _scheduler.Running)
        {
            Assert.Equal(sequence.BlockTable.Length, sequence.BlockTable.ToArray().Distinct().Count());
            Assert.True(sequence.BlockTable.Length * _options.BlockTokens >= sequence.Computed);
            for (var i = 0; i < sequence.BlockTable.Length; i++)
            {
                references[sequence.BlockTable[i]]++;
                if ((i + 1) * _options.BlockTokens > sequence.Computed)
                    Assert.False(blocks.IsPublished(sequence.BlockTable[i]), "A block that is not full can be found.");
            }
        }

        foreach (var sequence in _all.Where(sequence => sequence.State != SequenceState.Running))
            Assert.True(sequence.BlockTable.IsEmpty);
        Assert.All(_scheduler.Waiting, sequence => Assert.Equal(0, sequence.Computed));
        for (var block = 0; block < references.Length; block++)
        {
            Assert.Equal(references[block], blocks.References(block));
            Assert.True(references[block] <= 1 || blocks.IsPublished(block), "A private block is shared.");
            if (blocks.IsPublished(block) && blocks.Parent(block) >= 0)
                Assert.True(blocks.IsPublished(blocks.Parent(block)), "A parent was evicted before its child.");
        }

        Assert.Equal(references.Count(count => count > 0), blocks.Used);
        Assert.Equal(_options.Blocks, blocks.Used + blocks.Cached + blocks.Free);
        Assert.Equal(Enumerable.Range(0, _options.Blocks).Count(b => references[b] == 0 && blocks.IsPublished(b)), blocks.Cached);
        Assert.True(_scheduler.Running.Count <= _options.MaxStepSequences);
    }

    private void CheckAnswer(Sequence sequence)
    {
        if (!_endedEarly.Contains(sequence))
            Assert.Equal(sequence.MaxNewTokens, sequence.NewTokens);
        var alone = SlotStore.GenerateAlone(sequence.Tokens[..sequence.PromptTokens], sequence.Adapter, sequence.NewTokens, Vocabulary);
        Assert.Equal(alone, sequence.Tokens.ToArray());
    }

    private int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(Vocabulary))];
}

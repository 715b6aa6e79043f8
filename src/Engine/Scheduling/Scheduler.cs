namespace Platform.Engine.Scheduling;

/// <summary>
/// Decides what each step of the engine computes: continuous batching over a paged key/value cache, in integers only. A sequence knows
/// how many of its tokens are computed; every step brings running sequences nearer to all of them. There is no other difference
/// between prefill and decode: a decode is a sequence of which one token is left.
/// </summary>
/// <remarks>
/// For each step: <see cref="Schedule"/>, compute, <see cref="Complete"/> (or <see cref="Discard"/> when it failed), then for each
/// chunk that is the last of its sequence <see cref="Append"/> or <see cref="Finish"/>. Not thread-safe: one thread owns it.
/// <para>
/// Guaranteed, whatever comes in: sequences are admitted in order of rank (arrival, delayed by class), nobody overtakes; every sequence
/// that fits alone is finished, because the running one of the least rank goes on in every step and is never preempted; no step
/// exceeds its limits; a block that can be found by others is never written again, and any other belongs to one sequence.
/// </para>
/// </remarks>
public sealed class Scheduler
{
    private static readonly Comparer<Sequence> ByRank = Comparer<Sequence>.Create((a, b) => (a.Rank, a.Arrival).CompareTo((b.Rank, b.Arrival)));

    private readonly SchedulerOptions _options;
    private readonly Dictionary<long, Sequence> _sequences = [];
    private readonly SortedSet<Sequence> _waiting = new(ByRank);
    private readonly List<Sequence> _running = []; // in order of rank
    private StepPlan? _step;
    private long _arrivals;
    private long _promptTokens;
    private long _hitTokens;
    private long _preemptions;

    /// <param name="options">Sizes and limits.</param>
    /// <exception cref="ArgumentException">A value is out of range; the message names all of them.</exception>
    public Scheduler(SchedulerOptions options)
        : this(options, null)
    {
    }

    /// <param name="options">Sizes and limits.</param>
    /// <param name="pool">The blocks; a pool of their own when null.</param>
    internal Scheduler(SchedulerOptions options, BlockPool? pool)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        _options = options;
        Blocks = pool ?? new BlockPool(options.Blocks, options.BlockTokens);
    }

    /// <summary>The blocks.</summary>
    public BlockPool Blocks { get; }

    /// <summary>No sequence waits or runs.</summary>
    public bool IsIdle => _sequences.Count == 0;

    /// <summary>Its state in numbers.</summary>
    public SchedulerCounts Counts =>
        new(_waiting.Count, _running.Count, Blocks.Used, Blocks.Cached, Blocks.Free, _promptTokens, _hitTokens, _preemptions);

    internal IReadOnlyCollection<Sequence> Waiting => _waiting;

    internal IReadOnlyList<Sequence> Running => _running;

    /// <summary>Takes a sequence in.</summary>
    /// <param name="sequence">A new one.</param>
    /// <returns>False when the queue is full.</returns>
    /// <exception cref="ArgumentException">It can never fit, was added before, or its id is in use.</exception>
    public bool TryAdd(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.MaxCacheTokens > _options.MaxSequenceTokens)
            throw new ArgumentException($"Sequence {sequence.Id} needs room for {sequence.MaxCacheTokens} tokens, and the whole cache has {_options.MaxSequenceTokens}. Shorten the prompt, ask for fewer new tokens, or raise Blocks.");
        if (sequence.TreeTokens > _options.MaxTreeTokens)
            throw new ArgumentException($"Sequence {sequence.Id} has a label tree of {sequence.TreeTokens} tokens, and one step has room for {_options.MaxTreeTokens}. Use fewer labels, or raise MaxStepTokens.");
        if (sequence.Arrival >= 0 || _sequences.ContainsKey(sequence.Id))
            throw new ArgumentException($"Sequence {sequence.Id} is not new. Make a new one with an id that no other has.");
        if (_waiting.Count >= _options.MaxWaiting)
            return false;
        sequence.Arrival = _arrivals++;
        sequence.Rank = sequence.Arrival + (long)sequence.PriorityClass * _options.ClassDelayArrivals;
        _sequences.Add(sequence.Id, sequence);
        _waiting.Add(sequence);
        return true;
    }

    /// <summary>Decides the next step: first one token of each running sequence that needs just one, then prompts as far as there is room.</summary>
    /// <returns>The step; empty only when no sequence is left.</returns>
    /// <exception cref="InvalidOperationException">The step before is not over, or a sequence whose logits are there was not continued.</exception>
    public StepPlan Schedule()
    {
        ThrowIfInStep();
        foreach (var cancelled in _running.Where(sequence => sequence.IsCancelled).ToList())
            Remove(cancelled);
        var before = _preemptions;
        Grow();

        var chunks = new List<StepChunk>();
        var budget = _options.MaxStepTokens;
        foreach (var sequence in _running.Where(IsDecode))
            Plan(sequence, chunks, ref budget);
        foreach (var sequence in _running.Where(sequence => !IsDecode(sequence)))
            Plan(sequence, chunks, ref budget);
        if (_preemptions == before)
            Admit(chunks, ref budget);

        var plan = new StepPlan(chunks);
        _step = plan.IsEmpty ? null : plan;
        return plan;
    }

    /// <summary>The step was computed: its tokens are in the cache.</summary>
    /// <param name="plan">The step.</param>
    public void Complete(StepPlan plan)
    {
        Leave(plan);
        foreach (var chunk in plan.Chunks)
        {
            chunk.Sequence.Computed += chunk.Count;
            Blocks.Publish(chunk.Sequence);
        }
    }

    /// <summary>The step failed: none of its tokens counts as computed. Its sequences go on unless the caller ends them.</summary>
    /// <param name="plan">The step.</param>
    public void Discard(StepPlan plan) => Leave(plan);

    /// <summary>Continues a sequence whose tokens are all computed; of a cancelled or finished one nothing happens.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">The next token; more than one when the ones behind it are known too.</param>
    /// <exception cref="InvalidOperationException">Its logits are not there yet, or it would become longer than it said.</exception>
    public void Append(Sequence sequence, params ReadOnlySpan<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ThrowIfInStep();
        if (sequence.IsCancelled || sequence.State == SequenceState.Finished)
            return;
        if (sequence.State != SequenceState.Running || sequence.Remaining > 0)
            throw new InvalidOperationException($"Sequence {sequence.Id} has no logits yet: {sequence.Remaining} of its tokens are to be computed first.");
        if (sequence.NewTokens + tokens.Length > sequence.MaxNewTokens)
            throw new InvalidOperationException($"Sequence {sequence.Id} has {sequence.NewTokens} of at most {sequence.MaxNewTokens} new tokens; {tokens.Length} more are too many. Finish it.");
        sequence.Append(tokens);
    }

    /// <summary>Ends a sequence and frees its blocks; nothing happens when it is over already.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <exception cref="InvalidOperationException">It is being computed; cancel it, or complete or discard the step first.</exception>
    public void Finish(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.State == SequenceState.Running)
            ThrowIfInStep();
        if (_sequences.GetValueOrDefault(sequence.Id) == sequence)
            Remove(sequence);
    }

    /// <summary>Gives a sequence up, at any time: a waiting one leaves now, a running one at the next step.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>False when there is none or it was cancelled before.</returns>
    public bool Cancel(long id)
    {
        if (!_sequences.TryGetValue(id, out var sequence) || sequence.IsCancelled)
            return false;
        sequence.IsCancelled = true;
        if (sequence.State == SequenceState.Waiting)
            Remove(sequence);
        return true;
    }

    private static bool IsDecode(Sequence sequence) => sequence is { Remaining: 1, TreeTokens: 0 };

    /// <summary>Gives running sequences the blocks for their new tokens, in order of rank; the last ones lose theirs when there are too few.</summary>
    private void Grow()
    {
        for (var i = 0; i < _running.Count; i++)
        {
            if (_running[i].Remaining == 0)
                throw new InvalidOperationException($"Sequence {_running[i].Id} has its logits: call Append or Finish before the next step.");
            while (i < _running.Count && !Blocks.TryGrow(_running[i]))
                Preempt(_running[^1]);
        }
    }

    private void Preempt(Sequence sequence)
    {
        Blocks.Release(sequence);
        _running.Remove(sequence);
        (sequence.Computed, sequence.State) = (0, SequenceState.Waiting);
        _waiting.Add(sequence); // before all that came later, because it keeps its rank
        _preemptions++;
    }

    /// <summary>Admits waiting sequences in order of rank. When the first does not fit, those behind it wait too, or it might wait for ever.</summary>
    private void Admit(List<StepChunk> chunks, ref int budget)
    {
        while (budget > 0 && _running.Count < _options.MaxStepSequences && _waiting.Min is { } next && Blocks.TryAdmit(next, SpareBlocks()))
        {
            _waiting.Remove(next);
            _running.Insert(~_running.BinarySearch(next, ByRank), next);
            next.State = SequenceState.Running;
            if (!next.WasAdmitted)
            {
                (next.WasAdmitted, next.Cached) = (true, next.Computed);
                (_promptTokens, _hitTokens) = (_promptTokens + next.PromptTokens, _hitTokens + next.Cached);
            }

            Plan(next, chunks, ref budget);
        }
    }

    /// <summary>One block for each running sequence that may need more, so that a sequence is not admitted only to be preempted at once.</summary>
    private int SpareBlocks() => _running.Count(sequence => sequence.Blocks.Count < Blocks.BlocksFor(sequence.MaxCacheTokens));

    private void Plan(Sequence sequence, List<StepChunk> chunks, ref int budget)
    {
        var count = Math.Min(sequence.Remaining, Math.Min(_options.PrefillChunkTokens, budget));
        var isLast = count == sequence.Remaining;
        if (isLast && count + sequence.TreeTokens > budget)
            (count, isLast) = (count - 1, false); // the last token waits for a step that has room for the tree
        if (count <= 0)
            return;
        var chunk = new StepChunk(sequence, sequence.Computed, count, isLast);
        chunks.Add(chunk);
        budget -= count + chunk.TreeTokens;
    }

    private void Remove(Sequence sequence)
    {
        Blocks.Release(sequence);
        _waiting.Remove(sequence);
        _running.Remove(sequence);
        _sequences.Remove(sequence.Id);
        sequence.State = SequenceState.Finished;
    }

    private void Leave(StepPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.IsEmpty)
            return;
        if (_step != plan)
            throw new InvalidOperationException("This is not the step in progress: it was completed or discarded before.");
        _step = null;
    }

    private void ThrowIfInStep()
    {
        if (_step is not null)
            throw new InvalidOperationException("A step is in progress: complete or discard it first.");
    }
}

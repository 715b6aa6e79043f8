namespace Platform.Api.Serving;

/// <summary>
/// Shares the engine out between tasks by computed tokens: next is the task that has had the least of it (a virtual token counter, as in
/// Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024). A task that comes back from a pause starts where those are that
/// were served meanwhile: it neither saved up credit nor pays for what it used while nobody else wanted it.
/// Integers only, no clock, no lock.
/// </summary>
/// <param name="capacity">Inputs that may wait in all lines together.</param>
/// <param name="placesPerFree">A task may hold so many of the engine's places for each one that is free.</param>
internal sealed class FairLines(int capacity, int placesPerFree)
{
    /// <summary>Divisible by the weights that there are.</summary>
    private const long Scale = 840;

    /// <summary>Beside light traffic a task holds an eighth of the places.</summary>
    private const int PlacesFreePerTaken = 7;

    /// <summary>In credits: how long light traffic is remembered.</summary>
    private const int LightMemory = 10;

    private static readonly Comparer<TaskLine> ByVirtualTime = Comparer<TaskLine>.Create(
        (a, b) => (a.VirtualTime, a.Order).CompareTo((b.VirtualTime, b.Order)));

    private readonly Dictionary<string, TaskLine> lines = new(StringComparer.Ordinal);
    private readonly SortedSet<TaskLine> active = new(ByVirtualTime);
    private long virtualTime;
    private long tokensSinceLight;

    /// <summary>Tokens that a task may be behind the others after a pause.</summary>
    public long Credit { get; set; }

    /// <summary>A task was served lately that had much less than others, so that what they fill steps with would delay it.</summary>
    public bool HasLightTraffic => tokensSinceLight < LightMemory * Credit;

    public int WaitingInputs { get; private set; }

    public bool IsEmpty => active.Count == 0;

    public TaskLine Line(string task)
    {
        if (!lines.TryGetValue(task, out var line))
            lines[task] = line = new TaskLine(lines.Count);
        return line;
    }

    /// <summary>
    /// A task may have as many inputs waiting as places are free: half of them when it is alone, a third each when two tasks flood the
    /// queue. So there is room for others whatever one task sends, and no setting for each task.
    /// </summary>
    public bool HasRoomFor(TaskLine line, int inputs) => line.WaitingInputs + inputs <= capacity - WaitingInputs;

    /// <summary>Tokens that are computed before a request of this size is done, if the tasks that wait now take turns.</summary>
    public long TokensAhead(TaskLine line, long tokens)
    {
        var own = line.WaitingTokens + tokens;
        return own + active.Where(other => other != line).Sum(other => Math.Min(other.WaitingTokens, own * other.Weight / line.Weight));
    }

    public void Add(QueuedRequest request)
    {
        var line = Line(request.Task);
        if (line.Head is null)
            line.VirtualTime = Math.Max(line.VirtualTime, virtualTime - (Credit * Scale));
        else
            active.Remove(line);
        line.Add(request);
        active.Add(line);
        WaitingInputs += request.Inputs.Count;
    }

    /// <returns>False when it does not wait here any more.</returns>
    public bool Remove(QueuedRequest request)
    {
        var line = Line(request.Task);
        var before = line.WaitingInputs;
        if (!line.Remove(request))
            return false;
        WaitingInputs -= before - line.WaitingInputs;
        if (line.Head is null)
            active.Remove(line);
        return true;
    }

    /// <summary>Heads that are no longer wanted, for the caller to remove.</summary>
    public List<QueuedRequest> Heads(Func<QueuedRequest, TaskLine, bool> isUnwanted) => [.. active.Where(line => isUnwanted(line.Head!, line)).Select(line => line.Head!)];

    /// <summary>The next input, charged with what it is expected to need; null when none may come in.</summary>
    /// <param name="freePlaces">Places that the engine has.</param>
    /// <param name="tokens">Tokens that the step has left for tasks that had about as much as those in it.</param>
    /// <param name="spareTokens">Tokens that it has left for any task.</param>
    /// <param name="least">The virtual time of the task in the step that had the least; null when nobody is in it.</param>
    public Slot? TakeNext(int freePlaces, long tokens, long spareTokens, long? least)
    {
        foreach (var line in active)
        {
            if (!HasPlaceFor(line, freePlaces))
                continue;
            if (IsFarAhead(line, least) ? line.ExpectedOfHead > spareTokens : !IsFirst(line, least) && line.ExpectedOfHead > tokens)
                return null;
            return Take(line);
        }

        return null;
    }

    /// <summary>Places are left for others, and more of them for light traffic: long answers hold theirs for many steps, and take a token of each.</summary>
    private bool HasPlaceFor(TaskLine line, int freePlaces) => HasLightTraffic && !IsLight(line)
        ? PlacesFreePerTaken * line.InEngine < freePlaces
        : line.InEngine < placesPerFree * freePlaces;

    /// <summary>The step is empty, or all in it are of tasks that had much more: however long the input is, it may come in.</summary>
    private bool IsFirst(TaskLine line, long? least) => least is null || (Credit > 0 && least - line.VirtualTime > Credit * Scale / 2);

    /// <summary>It has had much less than others.</summary>
    private bool IsLight(TaskLine line) => Credit > 0 && virtualTime - line.VirtualTime > Credit * Scale / 2;

    private Slot Take(TaskLine line)
    {
        active.Remove(line);
        var isLight = IsLight(line);
        virtualTime = Math.Max(virtualTime, line.VirtualTime);
        var slot = line.Take();
        tokensSinceLight = isLight ? 0 : tokensSinceLight + slot.ExpectedTokens;
        WaitingInputs--;
        line.VirtualTime += Price(line, slot.ExpectedTokens);
        slot.ChargedTokens = slot.ExpectedTokens;
        if (line.Head is not null)
            active.Add(line);
        return slot;
    }

    /// <summary>A task that had much more than another one does not make the other one's step longer.</summary>
    private bool IsFarAhead(TaskLine line, long? least) => Credit > 0 && line.VirtualTime - least > Credit * Scale / 2;

    /// <summary>Brings what the task was charged to what was computed for it.</summary>
    /// <param name="slot">The input.</param>
    /// <param name="isOver">It left the engine.</param>
    public void Settle(Slot slot, bool isOver)
    {
        var line = slot.Line;
        var due = isOver ? slot.ComputedTokens : Math.Max(slot.ComputedTokens, slot.ExpectedTokens);
        var wasActive = active.Remove(line);
        line.VirtualTime += Price(line, due - slot.ChargedTokens);
        slot.ChargedTokens = due;
        if (isOver)
        {
            line.InEngine--;
            if (slot.NeededTokens is { } needed)
                line.Learn(slot.Input.Tokens, needed);
        }

        if (wasActive)
            active.Add(line);
    }

    private static long Price(TaskLine line, long tokens) => tokens * Scale / line.Weight;
}

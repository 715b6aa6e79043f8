namespace Platform.Api.Serving;

/// <summary>The requests of one task that wait, first come, first served, and how much of the engine the task has had. Guarded by the queue's lock.</summary>
/// <param name="order">Decides between lines that have had the same.</param>
internal sealed class TaskLine(int order)
{
    private readonly LinkedList<QueuedRequest> waiting = [];
    private long promptTokens;
    private int beyondPrompt;

    public int Order => order;

    /// <summary>Tokens that were computed for the task, divided by its weight, on a scale that all lines share.</summary>
    public long VirtualTime { get; set; }

    /// <summary>The task's share, as its newest request said.</summary>
    public int Weight { get; private set; } = 1;

    /// <summary>Inputs that are in the engine.</summary>
    public int InEngine { get; set; }

    public int WaitingInputs { get; private set; }

    /// <summary>Tokens that what waits is expected to need.</summary>
    public long WaitingTokens => Math.Max(WaitingInputs, promptTokens + ((long)beyondPrompt * WaitingInputs));

    public QueuedRequest? Head => waiting.First?.Value;

    /// <summary>What the next input of the request at the head is expected to need.</summary>
    public int ExpectedOfHead => Head is { } head ? Expected(head.Inputs[head.Taken].Tokens) : 0;

    /// <summary>What a prompt of so many tokens is expected to need: the cache knows the instruction, and labels come on top.</summary>
    public int Expected(int tokens) => Math.Max(1, tokens + beyondPrompt);

    /// <summary>Remembers what an input really needed.</summary>
    public void Learn(int tokens, int needed) => beyondPrompt = needed - tokens;

    public void Add(QueuedRequest request)
    {
        waiting.AddLast(request);
        Weight = request.Weight;
        WaitingInputs += request.Inputs.Count;
        promptTokens += request.Inputs.Sum(input => (long)input.Tokens);
    }

    /// <returns>False when it does not wait here any more.</returns>
    public bool Remove(QueuedRequest request)
    {
        if (!waiting.Remove(request))
            return false;
        WaitingInputs -= request.Inputs.Count - request.Taken;
        promptTokens -= request.Inputs.Skip(request.Taken).Sum(input => (long)input.Tokens);
        return true;
    }

    /// <summary>The next input of the request at the head.</summary>
    public Slot Take()
    {
        var request = Head!;
        var slot = new Slot(request, request.Taken++, this);
        if (request.Taken == request.Inputs.Count)
            waiting.RemoveFirst();
        WaitingInputs--;
        promptTokens -= slot.Input.Tokens;
        InEngine++;
        return slot;
    }
}

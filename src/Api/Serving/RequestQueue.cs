namespace Platform.Api.Serving;

/// <summary>One input of a request, taken into a step.</summary>
internal readonly record struct Slot(QueuedRequest Request, int Index)
{
    public QueuedInput Input => Request.Inputs[Index];
}

/// <summary>
/// Where requests wait for the engine: first come, first served, bounded in inputs. A request larger than a step is taken in
/// parts; only the one at the head can be in that state.
/// </summary>
internal sealed class RequestQueue(int capacity)
{
    private readonly Lock gate = new();
    private readonly LinkedList<QueuedRequest> waiting = [];
    private int waitingInputs;
    private bool closed;

    public int WaitingInputs
    {
        get
        {
            lock (gate)
                return waitingInputs;
        }
    }

    /// <returns>False when the queue is full or closed.</returns>
    public bool TryAdd(QueuedRequest request)
    {
        lock (gate)
        {
            if (closed || waitingInputs + request.Inputs.Count > capacity)
                return false;
            waiting.AddLast(request);
            waitingInputs += request.Inputs.Count;
            return true;
        }
    }

    /// <summary>The caller does not want the answer any more: what did not go into a step never will.</summary>
    public void GiveUp(QueuedRequest request)
    {
        lock (gate)
        {
            request.GivenUp = true;

            // One that has begun belongs to the engine thread, which drops it at its next look.
            if (request.Taken > 0 || !waiting.Remove(request))
                return;
            waitingInputs -= request.Inputs.Count;
        }

        request.CompleteCancelled();
    }

    /// <summary>No more requests are taken in; those that wait are still served.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (gate)
                return closed;
        }
    }

    public bool IsFinished
    {
        get
        {
            lock (gate)
                return closed && waiting.Count == 0;
        }
    }

    /// <summary>Takes what waits; empty when nothing does.</summary>
    /// <param name="maxInputs">Most inputs to take.</param>
    public List<Slot> Take(int maxInputs)
    {
        List<QueuedRequest> dropped = [];
        List<Slot> slots;
        lock (gate)
            slots = Collect(maxInputs, dropped);
        foreach (var request in dropped)
            request.CompleteCancelled();
        return slots;
    }

    private List<Slot> Collect(int maxInputs, List<QueuedRequest> dropped)
    {
        List<Slot> slots = [];
        while (waiting.First is { Value: var head } && slots.Count < maxInputs)
        {
            // A request that failed or was given up between two steps.
            if (head.GivenUp || head.HasFailed)
            {
                waitingInputs -= head.Inputs.Count - head.Taken;
                waiting.RemoveFirst();
                dropped.Add(head);
                continue;
            }

            slots.Add(new Slot(head, head.Taken++));
            waitingInputs--;
            if (head.Taken == head.Inputs.Count)
                waiting.RemoveFirst();
        }

        return slots;
    }
}

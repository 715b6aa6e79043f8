namespace Platform.Api.Serving;

/// <summary>Why a request may not wait.</summary>
internal enum QueueRefusal
{
    /// <summary>The queue takes nothing any more.</summary>
    Closed,

    /// <summary>The task has as many inputs waiting as it may.</summary>
    Full,

    /// <summary>What is ahead of it takes longer than it can wait.</summary>
    TooLate,
}

/// <summary>
/// Where requests wait for one deployment. Online requests come before batch requests, which keep a small share; between tasks of the
/// same priority <see cref="FairLines"/> decides. Inputs of one request may go into different steps.
/// </summary>
/// <param name="capacity">Inputs of each priority that may wait.</param>
/// <param name="batchPercent">Of the computed tokens, what batch requests get while online requests wait.</param>
internal sealed class RequestQueue(int capacity, int batchPercent = RequestQueue.DefaultBatchPercent)
{
    public const int DefaultBatchPercent = 5;

    // A task that floods leaves an eighth of the engine's places free, batch work half of them.
    private const int OnlinePlacesPerFree = 7;
    private const int BatchPlacesPerFree = 1;

    private readonly Lock gate = new();
    private readonly FairLines online = new(capacity, OnlinePlacesPerFree);
    private readonly FairLines batch = new(capacity, BatchPlacesPerFree);
    private readonly HashSet<Slot> inEngine = [];

    // What each priority has had, on a scale on which both advance alike when batch gets its share.
    private long onlineTime;
    private long batchTime;
    private bool closed;

    public int WaitingInputs
    {
        get
        {
            lock (gate)
                return online.WaitingInputs + batch.WaitingInputs;
        }
    }

    /// <summary>Steps should be short: see <see cref="FairLines.HasLightTraffic"/>.</summary>
    public bool HasLightTraffic
    {
        get
        {
            lock (gate)
                return online.HasLightTraffic;
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
                return closed && online.IsEmpty && batch.IsEmpty;
        }
    }

    /// <param name="request">A new one.</param>
    /// <param name="tokensInTime">Tokens that can be computed before its deadline.</param>
    /// <returns>Null when it waits now.</returns>
    public QueueRefusal? Add(QueuedRequest request, long tokensInTime = long.MaxValue)
    {
        lock (gate)
        {
            if (closed)
                return QueueRefusal.Closed;
            var lines = Lines(request);
            var line = lines.Line(request.Task);
            if (!lines.HasRoomFor(line, request.Inputs.Count))
                return QueueRefusal.Full;
            if (TokensAhead(request, lines, line) > tokensInTime)
                return QueueRefusal.TooLate;
            if (lines.IsEmpty)
                Lift(lines);
            lines.Add(request);
            return null;
        }
    }

    /// <summary>Tokens that are computed before a request that came now would be done.</summary>
    public long TokensAhead(QueuedRequest request)
    {
        lock (gate)
        {
            var lines = Lines(request);
            return TokensAhead(request, lines, lines.Line(request.Task));
        }
    }

    /// <summary>The caller does not want the answer any more: what did not go into a step never will.</summary>
    public void GiveUp(QueuedRequest request)
    {
        lock (gate)
        {
            request.GivenUp = true;

            // One that has begun belongs to the engine thread, which drops it at its next look.
            if (request.Taken > 0 || !Lines(request).Remove(request))
                return;
        }

        request.CompleteCancelled();
    }

    /// <summary>No more requests are taken in; those that wait are still served.</summary>
    public void Close()
    {
        lock (gate)
            closed = true;
    }

    /// <summary>Takes what should be computed next; empty when nothing waits. Only the engine thread calls it.</summary>
    public List<Slot> Take(StepRoom room)
    {
        List<QueuedRequest> dropped;
        List<Slot> slots = [];
        lock (gate)
        {
            online.Credit = batch.Credit = room.CreditTokens;
            dropped = Drop(room);
            while (room.Places > 0 && TakeNext(room) is { } slot)
            {
                slots.Add(slot);
                inEngine.Add(slot);
                var tokens = slot.NextTokens(room.ChunkTokens);
                room = room with { Places = room.Places - 1, Tokens = room.Tokens - tokens, SpareTokens = room.SpareTokens - tokens };
                if (slot.Request.Taken == slot.Request.Inputs.Count)
                    dropped.AddRange(Drop(room)); // the next in line may be one that nobody wants
            }
        }

        foreach (var request in dropped)
            Complete(request);
        return slots;
    }

    /// <summary>Charges tasks for what steps computed for their inputs. Only the engine thread calls it.</summary>
    /// <param name="isInEngine">Whether an input that was taken is still in the engine.</param>
    public void Settle(Func<Slot, bool> isInEngine)
    {
        lock (gate)
        {
            foreach (var slot in inEngine)
            {
                var isOver = !isInEngine(slot);
                var before = slot.ChargedTokens;
                Lines(slot.Request).Settle(slot, isOver);
                Charge(slot.Request, slot.ChargedTokens - before);
                if (isOver)
                    inEngine.Remove(slot);
            }
        }
    }

    private static void Complete(QueuedRequest request)
    {
        if (request.GivenUp)
            request.CompleteCancelled();
        else
            request.CompleteIfOver();
    }

    private FairLines Lines(QueuedRequest request) => request.Priority == RequestPriority.Batch ? batch : online;

    private long TokensAhead(QueuedRequest request, FairLines lines, TaskLine line)
    {
        var own = request.Inputs.Sum(input => (long)line.Expected(input.Tokens));
        return lines.TokensAhead(line, own) + inEngine.Sum(slot => (long)slot.NextTokens(int.MaxValue));
    }

    private Slot? TakeNext(StepRoom room)
    {
        var isBatchDue = online.IsEmpty || (!batch.IsEmpty && batchTime < onlineTime);
        var slot = isBatchDue
            ? batch.TakeNext(room.Places, room.Tokens, room.SpareTokens, LeastOf(RequestPriority.Batch))
            : online.TakeNext(room.Places, room.Tokens, room.SpareTokens, LeastOf(RequestPriority.Online));
        if (slot is not null)
            Charge(slot.Request, slot.ExpectedTokens);
        return slot;
    }

    private long? LeastOf(RequestPriority priority) => inEngine.Where(slot => slot.Request.Priority == priority).Min(slot => (long?)slot.Line.VirtualTime);

    private void Charge(QueuedRequest request, long tokens)
    {
        if (request.Priority == RequestPriority.Batch)
            batchTime += tokens * (100 - batchPercent);
        else
            onlineTime += tokens * batchPercent;
    }

    /// <summary>A priority that comes back from a pause has saved up nothing either.</summary>
    private void Lift(FairLines lines)
    {
        if (lines == online && !batch.IsEmpty)
            onlineTime = Math.Max(onlineTime, batchTime);
        else if (lines == batch && !online.IsEmpty)
            batchTime = Math.Max(batchTime, onlineTime + 1); // equal would mean that it is its turn before the others had any
        else
            onlineTime = batchTime = 0;
    }

    /// <summary>Takes requests out that failed, were given up or came too late between two steps.</summary>
    private List<QueuedRequest> Drop(StepRoom room)
    {
        List<QueuedRequest> dropped = [];
        foreach (var lines in (FairLines[])[online, batch])
            while (lines.Heads((head, line) => head.GivenUp || head.HasFailed || head.Deadline <= room.Now + (room.TicksPerToken * line.ExpectedOfHead)) is { Count: > 0 } unwanted)
                foreach (var request in unwanted)
                {
                    if (!request.GivenUp && !request.HasFailed)
                        request.Fail(ServingErrors.DeadlineMissed());
                    lines.Remove(request);
                    dropped.Add(request);
                }

        return dropped;
    }
}

using System.Collections.Concurrent;

namespace Platform.Jobs.Dispatch;

/// <summary>What this process has handed to Hangfire and not finished, so that no poll hands it over again.</summary>
public sealed class WorkInHand(TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> notBefore = new();

    /// <returns>False when it is in hand already, or broke off a moment ago.</returns>
    public bool TryBegin(Guid id)
    {
        if (notBefore.TryGetValue(id, out var moment))
            return clock.GetUtcNow() >= moment && notBefore.TryUpdate(id, DateTimeOffset.MaxValue, moment);
        return notBefore.TryAdd(id, DateTimeOffset.MaxValue);
    }

    /// <param name="pause">How long it rests before it may be handed over again.</param>
    public void End(Guid id, TimeSpan pause)
    {
        if (pause == TimeSpan.Zero)
            notBefore.TryRemove(id, out _);
        else
            notBefore[id] = clock.GetUtcNow() + pause;
    }
}

using System.Collections.Concurrent;

namespace Platform.Api.Budgets;

/// <summary>
/// The most device time that a request can be expected to take: its tokens times what a token of its task has cost lately at most, with
/// a margin. A request that takes longer all the same costs its budgets no more than this.
/// </summary>
internal sealed class DeviceTimeBound
{
    private const double Margin = 3;
    private const double Forgetting = 0.05;

    /// <summary>For a task that nobody measured yet: slower than any machine that this is for.</summary>
    private const double UnknownMicrosecondsPerToken = 20_000;

    private const long LeastMicroseconds = 1000;

    private readonly ConcurrentDictionary<Guid, double> microsecondsPerToken = [];

    public long For(Guid taskId, long tokens) =>
        LeastMicroseconds + (long)(Margin * tokens * microsecondsPerToken.GetValueOrDefault(taskId, UnknownMicrosecondsPerToken));

    /// <summary>A request of the task ended. The largest cost counts at once, a smaller one little by little.</summary>
    public void Learn(Guid taskId, long tokens, long deviceMicroseconds)
    {
        var sample = (double)deviceMicroseconds / Math.Max(1, tokens);
        microsecondsPerToken.AddOrUpdate(taskId, sample, (_, known) => sample >= known ? sample : known - Forgetting * (known - sample));
    }
}

namespace Platform.Domain.Usage;

/// <summary>
/// How many of a task's answered requests took up to so long, and longer than the step below, on a day. Percentiles of any span of days are
/// read from these few rows, not from the records. Written in the records' own transaction.
/// </summary>
public sealed class LatencyRollup
{
    public required Guid TaskId { get; init; }

    /// <summary>Start of the day, in microseconds since 1970 (UTC).</summary>
    public required long StartMicroseconds { get; init; }

    /// <summary>One of the steps of <see cref="LatencySteps"/>.</summary>
    public required long AtMostMicroseconds { get; init; }

    public long Requests { get; init; }
}

/// <summary>
/// The latencies that are told apart: 35 in every power of ten, each at most a tenth above what it stands for. They never change: rows of
/// different days are added up by them.
/// </summary>
public static class LatencySteps
{
    /// <summary>The step that a latency counts to: the smallest that is not below it.</summary>
    public static long Ceiling(long microseconds)
    {
        var scale = 1L;
        while (microseconds > 1000 * scale)
            scale *= 10;
        var width = scale * (microseconds <= 200 * scale ? 10 : microseconds <= 500 * scale ? 20 : 50);
        return Math.Max(width, (microseconds + width - 1) / width * width);
    }
}

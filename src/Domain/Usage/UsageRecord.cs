using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

public enum UsageStatus
{
    Ok,
    Error,

    /// <summary>A copy of a request that a deployment on trial answered beside what is live: it took device time, but no caller got it. It costs its task nothing: the time counts as idle, which all tasks share.</summary>
    Shadow,
}

/// <summary>What one request used and cost. Never changed after it was written.</summary>
public sealed class UsageRecord
{
    public long Id { get; init; }

    /// <summary>Unix time in microseconds, so that every provider can group by day in the database.</summary>
    public required long AtMicroseconds { get; init; }

    public DateTimeOffset At => UnixTime.FromMicroseconds(AtMicroseconds);

    /// <summary>Unique: the same request is never billed twice.</summary>
    public required string RequestId { get; init; }

    public required Guid TaskId { get; init; }

    public required Guid TeamId { get; init; }

    public required Guid KeyId { get; init; }

    public required Guid ModelVersionId { get; init; }

    public required Guid DeploymentId { get; init; }

    /// <summary>The engine session that did the work; null on records from before sessions were noted.</summary>
    public Guid? SessionId { get; init; }

    public required int Inputs { get; init; }

    public required long PromptTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CompletionTokens { get; init; }

    public required long DeviceMicroseconds { get; init; }

    /// <summary>In 1e-9 of the currency's unit. What a hard budget did not allow is not in it.</summary>
    public required long CostNano { get; init; }

    public required string Currency { get; init; }

    public required UsageStatus Status { get; init; }

    public required long LatencyMicroseconds { get; init; }
}

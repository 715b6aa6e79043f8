namespace Platform.Domain.Usage;

/// <summary>
/// Sums of the usage records of one key on one task over an hour or a day. Written in the records' own transaction, so they never
/// disagree with them; long spans are read from here.
/// </summary>
public sealed class UsageRollup
{
    public const int Hour = 1;

    public const int Day = 24;

    /// <summary>Length of the span: <see cref="Hour"/> or <see cref="Day"/>.</summary>
    public required int Hours { get; init; }

    /// <summary>Start of the span, in microseconds since 1970 (UTC).</summary>
    public required long StartMicroseconds { get; init; }

    public required Guid TaskId { get; init; }

    public required Guid TeamId { get; init; }

    public required Guid KeyId { get; init; }

    public required string Currency { get; init; }

    public long Requests { get; init; }

    public long Errors { get; init; }

    public long Inputs { get; init; }

    public long PromptTokens { get; init; }

    public long CachedTokens { get; init; }

    public long CompletionTokens { get; init; }

    public long DeviceMicroseconds { get; init; }

    public long CostNano { get; init; }
}

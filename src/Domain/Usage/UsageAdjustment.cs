using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>
/// What the correction of a rate changes for a day's usage of one key on one task. Records are never changed: the cost of something is
/// the sum of its records and its adjustments. Never changed after it was written.
/// </summary>
public sealed class UsageAdjustment
{
    public long Id { get; init; }

    /// <summary>The usage's day: its first moment under the corrected rate, in microseconds since 1970 (UTC).</summary>
    public required long AtMicroseconds { get; init; }

    public DateTimeOffset At => UnixTime.FromMicroseconds(AtMicroseconds);

    public required Guid TaskId { get; init; }

    public required Guid TeamId { get; init; }

    public required Guid KeyId { get; init; }

    /// <summary>The correction that caused it.</summary>
    public required Guid RateId { get; init; }

    /// <summary>The device time that is priced anew.</summary>
    public required long DeviceMicroseconds { get; init; }

    /// <summary>In 1e-9 of the currency's unit; less than 0 when the rate was too high.</summary>
    public required long AmountNano { get; init; }

    public required string Currency { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset BookedAt { get; init; }

    public required string BookedByName { get; init; }
}

namespace Platform.Domain.Keys;

/// <summary>What a limit counts.</summary>
public enum KeyUnit
{
    Request,
    Token,
}

/// <summary>
/// What a key has left of its minute, for all replicas of the Api. Counted in time: a full minute is everything there is, so that a limit
/// that is changed needs no change here.
/// </summary>
public sealed class KeyAllowance
{
    public const long FullNanoseconds = 60_000_000_000;

    public required Guid KeyId { get; init; }

    public required KeyUnit Unit { get; init; }

    /// <summary>At <see cref="UpdatedAt"/>. Below zero when something cost more than was known before.</summary>
    public required long LeftNanoseconds { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

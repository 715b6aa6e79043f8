namespace Platform.Domain.Idempotency;

/// <summary>A request that its caller named, so that sending it again gives the same answer and costs nothing.</summary>
public sealed class IdempotentRequest
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>The API key: names of different keys have nothing to do with each other.</summary>
    public required Guid KeyId { get; init; }

    /// <summary>What the caller calls it.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of route and body.</summary>
    public required byte[] ContentHash { get; init; }

    /// <summary>Under which it is billed. Computed again after a crash, it keeps this id, and the ledger knows it.</summary>
    public required string RequestId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Which process computes it.</summary>
    public required string Owner { get; set; }

    /// <summary>Until then the owner is believed to be alive.</summary>
    public required DateTimeOffset LeasedUntil { get; set; }

    /// <summary>Null while it is computed.</summary>
    public int? Status { get; set; }

    public string? ContentType { get; set; }

    /// <summary>Null also when the answer was too large to keep.</summary>
    public byte[]? Body { get; set; }
}

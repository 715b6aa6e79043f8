namespace Platform.Domain.Batches;

public enum FilePurpose
{
    /// <summary>Lines to answer.</summary>
    Batch,

    /// <summary>What a batch wrote.</summary>
    BatchOutput,
}

/// <summary>A file of a team; its content lies in the data folder under the id and never changes.</summary>
public sealed class StoredFile
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TeamId { get; init; }

    /// <summary>The key that sent it, or whose batch wrote it.</summary>
    public required Guid KeyId { get; init; }

    public required string Name { get; init; }

    public required FilePurpose Purpose { get; init; }

    public required long SizeBytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on nobody finds it, and it is deleted.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

namespace Platform.Domain.Sampling;

/// <summary>What a task's owner wants kept of its requests. A task without one has never been sampled.</summary>
public sealed class SamplingRule
{
    public required Guid TaskId { get; init; }

    /// <summary>Off: nothing new is kept; what is there stays until it expires or is deleted.</summary>
    public bool IsOn { get; set; }

    /// <summary>Of the requests that are answered, more than 0 and up to 1.</summary>
    public double Share { get; set; }

    /// <summary>Days after which a sample is deleted; also of those that were kept under another rule.</summary>
    public int KeepDays { get; set; }

    public DateTimeOffset ChangedAt { get; set; }

    internal DateTimeOffset OldestKept(DateTimeOffset now) => now.AddDays(-KeepDays);
}

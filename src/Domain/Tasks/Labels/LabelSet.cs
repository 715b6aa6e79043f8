namespace Platform.Domain.Tasks.Labels;

public enum LabelChangeKind
{
    Rename,
    Merge,
    Split,
    Retire,

    /// <summary>Labels were written anew in the task's form; those that went have no successor.</summary>
    Edit,
}

/// <summary>How some labels became others from one set to the next.</summary>
/// <param name="From">In the earlier set; for a merge, the first one answers callers that still know the old names.</param>
/// <param name="To">In the later set; none for a retired label.</param>
public sealed record LabelChange(LabelChangeKind Kind, IReadOnlyList<string> From, IReadOnlyList<string> To);

/// <summary>A task's labels at one time. Numbered within the task and never changed: what callers were built for stays known.</summary>
public sealed class LabelSet
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    /// <summary>1, 2, 3 ... within the task.</summary>
    public required int Number { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>How it came from the set before; none for the first one.</summary>
    public IReadOnlyList<LabelChange> Changes { get; init; } = [];

    public required string CreatedByName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public string? Reason { get; init; }
}

/// <summary>An application that goes on getting the names of an earlier set.</summary>
public sealed class LabelPin
{
    public required Guid KeyId { get; init; }

    public required Guid TaskId { get; init; }

    /// <summary>The label set's number.</summary>
    public required int Number { get; init; }

    public required DateTimeOffset PinnedAt { get; init; }
}

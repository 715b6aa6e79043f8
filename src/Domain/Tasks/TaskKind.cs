namespace Platform.Domain.Tasks;

public enum TaskKind
{
    Classification,
    PairClassification,
    MultipleChoice,
    Similarity,
    Tagging,
    Extraction,
    Generation,
}

/// <summary>The wire form of <see cref="TaskKind"/>, as in a bundle's task.json.</summary>
public static class TaskKinds
{
    public static IReadOnlyList<TaskKind> All { get; } = Enum.GetValues<TaskKind>();

    public static string ToWire(this TaskKind kind) => kind switch
    {
        TaskKind.Classification => "classification",
        TaskKind.PairClassification => "pair-classification",
        TaskKind.MultipleChoice => "multiple-choice",
        TaskKind.Similarity => "similarity",
        TaskKind.Tagging => "tagging",
        TaskKind.Extraction => "extraction",
        TaskKind.Generation => "generation",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
    };

    public static TaskKind? Parse(string? wire)
    {
        foreach (var kind in All)
            if (string.Equals(kind.ToWire(), wire, StringComparison.Ordinal))
                return kind;
        return null;
    }

    /// <summary>Kinds whose answer is exactly one of the task's labels.</summary>
    public static bool AnswersWithLabel(this TaskKind kind) =>
        kind is TaskKind.Classification or TaskKind.PairClassification or TaskKind.MultipleChoice;
}

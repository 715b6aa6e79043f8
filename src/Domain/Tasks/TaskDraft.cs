namespace Platform.Domain.Tasks;

/// <summary>A task as somebody wrote it down: a form, or a bundle's task.json. Nothing in it has been checked.</summary>
public sealed record TaskDraft
{
    public string? Name { get; init; }

    /// <summary>Wire form, such as <c>pair-classification</c>.</summary>
    public string? Kind { get; init; }

    public string? Instruction { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    public string? Metric { get; init; }

    public double Tolerance { get; init; } = TaskDefinition.DefaultTolerance;

    public int MaxOutputTokens { get; init; } = TaskDefinition.DefaultMaxOutputTokens;

    public double? AbstainBelow { get; init; }

    /// <summary>Wire form; null leaves it as it is, for a new task <c>standard</c>.</summary>
    public string? LatencyClass { get; init; }

    /// <summary>Unknown bundle fields, a JSON object.</summary>
    public string? ExtraJson { get; init; }
}

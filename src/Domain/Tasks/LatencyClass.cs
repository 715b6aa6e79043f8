namespace Platform.Domain.Tasks;

/// <summary>How quickly a task's applications need their answers.</summary>
public enum LatencyClass
{
    Standard,

    /// <summary>A person waits at the screen: four shares of the engine where tasks compete.</summary>
    Interactive,

    /// <summary>Nobody waits: behind everything else, with a small share.</summary>
    Batch,
}

/// <summary>The wire form of <see cref="LatencyClass"/>, as in a bundle's task.json.</summary>
public static class LatencyClasses
{
    public static IReadOnlyList<LatencyClass> All { get; } = Enum.GetValues<LatencyClass>();

    public static string ToWire(this LatencyClass value) => value switch
    {
        LatencyClass.Standard => "standard",
        LatencyClass.Interactive => "interactive",
        LatencyClass.Batch => "batch",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Unknown latency class."),
    };

    public static LatencyClass? Parse(string? wire)
    {
        foreach (var value in All)
            if (string.Equals(value.ToWire(), wire, StringComparison.Ordinal))
                return value;
        return null;
    }
}

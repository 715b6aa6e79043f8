namespace Platform.Domain.Datasets;

public enum Split
{
    Train,
    Validation,
    Test,
}

public static class Splits
{
    public static IReadOnlyList<Split> All { get; } = Enum.GetValues<Split>();

    public static string ToWire(this Split split) => split switch
    {
        Split.Train => "train",
        Split.Validation => "validation",
        Split.Test => "test",
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "Unknown split."),
    };

    /// <summary>The split's file inside a bundle and inside the artifact store.</summary>
    public static string FileName(this Split split) => split.ToWire() + ".jsonl";
}

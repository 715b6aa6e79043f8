namespace Platform.Domain.Runs.Recipes;

public enum HighResourceRule
{
    /// <summary>The tasks above the largest gap between neighbours when sorted by size.</summary>
    LargestGap,

    /// <summary>The tasks with at least <see cref="Stage2Section.HighResourceMinRows"/> training rows.</summary>
    MinRows,

    /// <summary>The tasks above the quantile <see cref="Stage2Section.HighResourceQuantile"/> of the sizes.</summary>
    Quantile,
}

public sealed record Stage2Section
{
    [Setting("Stage 2's share", "Part of the examples budget that stage 2 gets; 0 leaves the stage out.", Unit = "of the budget", Low = 0, High = 0.95)]
    public double Share { get; init; } = 0.35;

    [Setting("What counts as high-resource", "largestGap: the tasks above the largest gap between neighbouring sizes. minRows: those with at least highResourceMinRows training rows. quantile: those above highResourceQuantile of the sizes.")]
    public HighResourceRule HighResource { get; init; } = HighResourceRule.LargestGap;

    [Setting("High-resource from", "For minRows: training rows from which a task counts as high-resource.", Unit = "rows", Low = 1, High = 100_000_000)]
    public int HighResourceMinRows { get; init; } = 1000;

    [Setting("High-resource quantile", "For quantile: the share of the tasks that are smaller.", Unit = "of the tasks", Low = 0, High = 1)]
    public double HighResourceQuantile { get; init; } = 0.5;

    [Setting("Mixing", "How much of the stage each task gets.")]
    public MixingSection Mixing { get; init; } = new();

    [Setting("Loss balance", "token: the mean over all answer tokens. example: over examples. task: over tasks. coba: over tasks, weighted by how they converge.",
        Source = "task: MFTCoder, arXiv 2311.02303; coba: arXiv 2410.06741")]
    public LossBalance LossBalance { get; init; } = LossBalance.Example;

    [Setting("Learning rate", "At its peak. Left out: training.learningRate.", Low = 1e-8, High = 1)]
    public double? LearningRate { get; init; }
}

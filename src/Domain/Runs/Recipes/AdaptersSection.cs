namespace Platform.Domain.Runs.Recipes;

public sealed record AdaptersSection
{
    [Setting("Rank", "Rank of an isolated task's adapter.", Low = 1, High = 1024, Source = "LoRA, arXiv 2106.09685")]
    public int Rank { get; init; } = 16;

    [Setting("Alpha", "The adapter's output is scaled by alpha / rank.", Low = 1e-3, High = 10_000)]
    public double Alpha { get; init; } = 32;

    [Setting("Dropout", "Share of an adapter's inputs that are dropped in training.", Unit = "of the inputs", Low = 0, High = 0.95)]
    public double Dropout { get; init; }

    [Setting("Target modules", "The linear maps of each layer that are adapted: allLinear, attention or feedForward.")]
    public AdapterTargets Targets { get; init; }

    [Setting("Learning rate", "At its peak.", Low = 1e-8, High = 1)]
    public double LearningRate { get; init; } = 2e-3;

    [Setting("Examples per adapter", "Examples that one isolated task's adapter sees, at most as many as its dedicated model.", Unit = "examples", Low = 1, High = 1_000_000_000)]
    public long Examples { get; init; } = 4000;
}

namespace Platform.Domain.Runs.Recipes;

/// <summary>Which linear maps an adapter adapts.</summary>
public enum AdapterTargets
{
    AllLinear,
    Attention,
    FeedForward,
}

/// <summary>The adapters of <see cref="TrainingMethod.Lora"/>.</summary>
public sealed record LoraSection
{
    [Setting("Rank", "Rank of the adapters' matrices.", Low = 1, High = 1024, Source = "LoRA, arXiv 2106.09685")]
    public int Rank { get; init; } = 16;

    [Setting("Alpha", "The adapters' output is scaled by alpha / rank.", Low = 1e-3, High = 10_000)]
    public double Alpha { get; init; } = 32;

    [Setting("Dropout", "Share of the adapters' inputs that are dropped in training.", Unit = "of the inputs", Low = 0, High = 0.95)]
    public double Dropout { get; init; }

    [Setting("Target modules", "The linear maps of each layer that are adapted: allLinear, attention or feedForward.")]
    public AdapterTargets Targets { get; init; }

    [Setting("Learning rate", "At its peak.", Low = 1e-8, High = 1)]
    public double LearningRate { get; init; } = 2e-3;
}

namespace Platform.Domain.Runs.Recipes;

/// <summary>How much a dedicated model may see: the same rule for every task, whatever the mixture does.</summary>
public sealed record BaselinesSection
{
    [Setting("Epochs", "How often a dedicated model sees each of its task's training rows. Left out: as many examples as the shared model sees of the task.", Unit = "epochs", Low = 0.01, High = 1000)]
    public double? Epochs { get; init; }

    [Setting("Most examples", "Examples that a dedicated model sees at most, whatever epochs says. Left out: no limit.", Unit = "examples", Low = 1, High = 1_000_000_000)]
    public long? ExamplesMax { get; init; }

    [Setting("Patience", "Validation measurements without a better result after which a training of one task, a dedicated model's or an adapter's, ends; 0 never ends it early.", Unit = "measurements", Low = 0, High = 1000)]
    public int Patience { get; init; } = 3;
}

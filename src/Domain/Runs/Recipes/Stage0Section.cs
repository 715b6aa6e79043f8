namespace Platform.Domain.Runs.Recipes;

public sealed record Stage0Section
{
    [Setting("Tokens", "Tokens of the tasks' input texts that the base model is trained on first; 0 leaves the stage out.", Unit = "tokens", Low = 0, High = 1e12)]
    public long Tokens { get; init; }

    [Setting("Learning rate", "At its peak.", Low = 1e-8, High = 1)]
    public double LearningRate { get; init; } = 2e-4;
}

namespace Platform.Domain.Runs.Recipes;

/// <summary>A task that takes part, and the data that it takes part with.</summary>
public sealed record RecipeTask
{
    [Setting("Task", "The task's name.", High = 64)]
    public required string Name { get; init; }

    [Setting("Dataset version", "Number of the dataset version. Left out: the newest one.", Low = 1, High = int.MaxValue)]
    public int? DatasetVersion { get; init; }

    [Setting("Data's hash", "SHA-256 of the dataset version. The run writes it down; in a document it makes planning refuse any other data.", High = 64)]
    public string? Sha256 { get; init; }
}

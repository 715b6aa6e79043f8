namespace Platform.Domain.Runs.Recipes;

public sealed record ValidationSection
{
    [Setting("Validation rows", "Validation rows per task that one measurement looks at, at most.", Unit = "rows", Low = 1, High = 1_000_000)]
    public int RowsMax { get; init; } = 200;

    [Setting("Measurements", "During one training, its end included; the best one's weights are kept. 0 keeps the last.", Unit = "measurements", Low = 0, High = 1000)]
    public int Count { get; init; } = 4;
}

public sealed record EvaluationSection
{
    [Setting("Test rows", "Test rows per task that the evaluation looks at, at most. Left out: all.", Unit = "rows", Low = 1, High = 100_000_000)]
    public int? TestRowsMax { get; init; }

    [Setting("Calibrate", "Whether the temperature of a task's scores is fitted on its validation rows.", Source = "Guo et al., arXiv 1706.04599")]
    public bool Calibrate { get; init; } = true;
}

namespace Platform.Domain.Runs.Recipes;

public enum FilterStrategy
{
    /// <summary>Every task joins the mixture.</summary>
    None,

    /// <summary>Only the rules on the data decide.</summary>
    Rules,

    /// <summary>The rules, then the probe's measured effect on validation rows.</summary>
    Measured,

    /// <summary>The rules, then the tasks' affinity during the probe.</summary>
    Affinity,

    /// <summary>The rules, then the estimated effect of leaving each task out.</summary>
    LeaveOneOut,
}

/// <summary>Stage 1.</summary>
public sealed record FilterSection
{
    [Setting("Filter", "none: every task joins the mixture. rules: the data decides. measured: a probe trains each task in the mixture and alone. affinity: what one task's update does to the others' validation loss. leaveOneOut: the estimated effect of leaving each task out.",
        Source = "affinity: TAG, arXiv 2109.04617; leaveOneOut: Grad-TAG, arXiv 2409.06091")]
    public FilterStrategy Strategy { get; init; } = FilterStrategy.Measured;

    [Setting("Probe's share", "Extra examples that the probe may see.", Unit = "of the budget", Low = 0, High = 1)]
    public double Share { get; init; } = 0.08;

    [Setting("Tolerance", "How much a task's validation loss may be worse in the mixture than alone, relative to alone, before the task is isolated.", Unit = "of the loss", Low = 0, High = 10)]
    public double Tolerance { get; init; } = 0.05;

    [Setting("Least evidence", "A task that showed the probe fewer examples than this is not isolated by it.", Unit = "examples", Low = 0, High = 1_000_000_000)]
    public int ExamplesMin { get; init; } = 100;

    [Setting("Confidence", "How sure an effect beyond the tolerance has to be before a task is isolated.", Low = 0.5, High = 0.999)]
    public double Confidence { get; init; } = 0.95;

    [Setting("Check borderline tasks", "Whether a task whose interval holds the tolerance gets one real short single-task training.")]
    public bool CheckBorderline { get; init; }

    [Setting("Overrides", "Decisions by a person, by the task's name; they go before the filter's.")]
    public IReadOnlyDictionary<string, FilterOverride> Overrides { get; init; } = new Dictionary<string, FilterOverride>();
}

public enum OverrideDecision
{
    Kept,
    Isolated,
}

/// <summary>A person's decision on a task, in the filter's place.</summary>
public sealed record FilterOverride
{
    [Setting("Decision", "kept: the task joins the mixture. isolated: it gets its own adapter.")]
    public required OverrideDecision Decision { get; init; }

    [Setting("Reason", "Why; shown with the decision.", High = 1000)]
    public required string Reason { get; init; }
}

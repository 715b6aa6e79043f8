namespace Platform.Domain.Runs.Recipes;

public enum MixingStrategy
{
    /// <summary>By size, capped and flattened by a temperature.</summary>
    Proportional,

    /// <summary>By rows times the entropy of a task's answers, capped and flattened alike.</summary>
    Information,

    /// <summary>As equal as the cap on epochs allows.</summary>
    UniMax,

    /// <summary>The same share for every task.</summary>
    Uniform,

    /// <summary>Shares that the recipe names.</summary>
    Weights,
}

public enum LossBalance
{
    /// <summary>The mean over all answer tokens.</summary>
    Token,

    /// <summary>The mean over examples of the mean over their answer tokens.</summary>
    Example,

    /// <summary>The mean over tasks of the mean over their answer tokens.</summary>
    Task,

    /// <summary>As by task, with weights by how the tasks converge.</summary>
    Coba,
}

/// <summary>How much of a stage each task gets.</summary>
public sealed record MixingSection
{
    [Setting("Mixing", "proportional: by size with cap and temperature. information: by size times what one answer says (the entropy of the task's training answers in bits), with cap and temperature. uniMax: equal shares, but never more than maxEpochs passes. uniform: equal shares. weights: the shares named in weights.",
        Source = "proportional: T5, arXiv 1910.10683; uniMax: arXiv 2304.09151")]
    public MixingStrategy Strategy { get; init; }

    [Setting("Size cap", "For proportional and information: rows beyond it do not raise a task's share.", Unit = "rows", Low = 1, High = 100_000_000, Source = "T5, arXiv 1910.10683")]
    public int Cap { get; init; } = 30_000;

    [Setting("Temperature", "For proportional and information: shares are raised to 1 / temperature, so 1 is by size or information and larger is flatter.", Low = 1, High = 100, Source = "T5, arXiv 1910.10683")]
    public double Temperature { get; init; } = 2;

    [Setting("Most epochs", "How often the stage may show one training row at most.", Unit = "epochs", Low = 1, High = 1000, Source = "UniMax, arXiv 2304.09151")]
    public int MaxEpochs { get; init; } = 8;

    [Setting("Weights", "For weights: each task's part by its name; they need not add up to 1.", Low = 0, High = 1_000_000)]
    public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double>();
}

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>How large the probe is, what is measured in it, and when it decides against a task.</summary>
public sealed record FilterOptions
{
    /// <summary>Examples of the probe's mixture; real checks of borderline tasks come on top.</summary>
    public long Examples { get; init; } = 1000;

    /// <summary>A task leaves the mixture only when an effect is worse than this share of a loss, with <see cref="Confidence"/>.</summary>
    public double Tolerance { get; init; } = 0.02;

    /// <summary>Of all intervals, between 0 and 1.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>A task that showed the probe fewer examples than this stays.</summary>
    public long ExamplesMin { get; init; } = 50;

    /// <summary>Fewer training rows than this are too few by the data rules.</summary>
    public long TrainRowsMin { get; init; }

    /// <summary>Whether tasks whose interval crosses the tolerance are really trained alone for a moment, and compared.</summary>
    public bool CheckBorderline { get; init; } = true;

    /// <summary>Most tasks that are checked so, the worst first.</summary>
    public int ChecksMax { get; init; } = 3;

    /// <summary>Moments of the probe at which affinity is measured.</summary>
    public int Moments { get; init; } = 3;

    /// <summary>Validation rows of a task that one affinity step is made on.</summary>
    public int StepRows { get; init; } = 16;

    /// <summary>Other validation rows of a task that affinity is measured on.</summary>
    public int MeasureRows { get; init; } = 24;

    /// <summary>Training rows of a task whose gradients are taken, at most.</summary>
    public int GradientTrainRows { get; init; } = 200;

    /// <summary>Validation rows of a task whose gradients are taken, at most.</summary>
    public int GradientValidationRows { get; init; } = 150;

    /// <summary>d: numbers that are left of a row's gradient.</summary>
    public int ProjectionSize { get; init; } = 200;

    /// <summary>Draws of the bootstrap.</summary>
    public int Resamples { get; init; } = 200;
}

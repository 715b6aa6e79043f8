namespace Platform.Engine.Training;

/// <summary>How the learning rate falls after its warm-up.</summary>
public enum LearningRateCurve
{
    /// <summary>Along half a cosine.</summary>
    Cosine,

    /// <summary>Along a straight line.</summary>
    Linear,

    /// <summary>Not at all.</summary>
    Constant,
}

/// <summary>Linear warm-up to the peak, then a fall to a share of it.</summary>
/// <param name="Peak">Largest learning rate.</param>
/// <param name="WarmupSteps">Steps until the peak.</param>
/// <param name="TotalSteps">Steps of the whole training.</param>
public sealed record LearningRateSchedule(double Peak, long WarmupSteps, long TotalSteps)
{
    /// <summary>Steps of the same fall that an earlier training made; this one warms up again, to where the fall has come by then.</summary>
    public long StepsBefore { get; init; }

    /// <summary>How it falls.</summary>
    public LearningRateCurve Curve { get; init; } = LearningRateCurve.Cosine;

    /// <summary>What is left of the peak at the end; a constant rate does not fall.</summary>
    public double FinalShare { get; init; } = 0.1;

    /// <summary>The factor on the peak at a step.</summary>
    /// <param name="step">Steps already made, without those before.</param>
    public double Factor(long step) => Fall(step + StepsBefore) * (step < WarmupSteps ? (step + 1.0) / WarmupSteps : 1);

    /// <summary>The learning rate at a step.</summary>
    /// <param name="step">Steps already made.</param>
    public double At(long step) => Peak * Factor(step);

    private double Fall(long step)
    {
        var done = Math.Clamp((step - WarmupSteps) / (double)Math.Max(1, TotalSteps - WarmupSteps), 0, 1);
        return Curve switch
        {
            LearningRateCurve.Constant => 1,
            LearningRateCurve.Linear => 1 - ((1 - FinalShare) * done),
            _ => FinalShare + ((1 - FinalShare) * 0.5 * (1 + Math.Cos(Math.PI * done))),
        };
    }
}

namespace Platform.Engine.Training;

/// <summary>Linear warm-up to the peak, then a cosine fall to a tenth of it.</summary>
/// <param name="Peak">Largest learning rate.</param>
/// <param name="WarmupSteps">Steps until the peak.</param>
/// <param name="TotalSteps">Steps of the whole training.</param>
public sealed record LearningRateSchedule(double Peak, long WarmupSteps, long TotalSteps)
{
    private const double Floor = 0.1;

    /// <summary>The factor on the peak at a step.</summary>
    /// <param name="step">Steps already made.</param>
    public double Factor(long step)
    {
        if (step < WarmupSteps)
            return (step + 1.0) / WarmupSteps;
        var done = Math.Clamp((step - WarmupSteps) / (double)Math.Max(1, TotalSteps - WarmupSteps), 0, 1);
        return Floor + (1 - Floor) * 0.5 * (1 + Math.Cos(Math.PI * done));
    }

    /// <summary>The learning rate at a step.</summary>
    /// <param name="step">Steps already made.</param>
    public double At(long step) => Peak * Factor(step);
}

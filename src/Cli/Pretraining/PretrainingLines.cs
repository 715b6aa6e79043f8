using System.Diagnostics;
using Platform.Engine.Pretraining;

namespace Platform.Cli.Pretraining;

/// <summary>A line of progress every few seconds, and one for each validation.</summary>
internal sealed class PretrainingLines(Action<string> report)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly Stopwatch sinceLine = Stopwatch.StartNew();
    private double speed;

    public void Show(PretrainingProgress step)
    {
        // Smoothed: a single update's speed jumps with what else the machine does.
        speed = speed == 0 ? step.TokensPerSecond : 0.9 * speed + 0.1 * step.TokensPerSecond;
        var isLast = step.Step == step.TotalSteps;
        if (step.ValidationLoss is null && sinceLine.Elapsed < Pause && !isLast)
            return;
        sinceLine.Restart();
        var perStep = step.Tokens / (double)step.Step;
        var left = TimeSpan.FromSeconds((step.TotalSteps - step.Step) * perStep / Math.Max(1, speed));
        var validation = step.ValidationLoss is { } loss ? $"  validation loss {loss:F4}" : "";
        report($"step {step.Step:N0} of {step.TotalSteps:N0}  {step.Tokens:N0} tokens  loss {step.Loss:F4}{validation}  {speed:N0} tokens/s  {left:h\\:mm\\:ss} left");
    }
}

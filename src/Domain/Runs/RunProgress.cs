using Platform.Domain.Runs.Forecasts;

namespace Platform.Domain.Runs;

/// <summary>How long a run that is at work still takes.</summary>
public static class RunProgress
{
    /// <returns>Seconds; null when a step before its end was neither measured nor forecast.</returns>
    public static double? SecondsLeft(FineTuningRun run, DateTimeOffset now)
    {
        if (RunForecast.Parse(run.ForecastJson) is not { } forecast || run.Steps.Count == 0)
            return null;
        var pace = PaceOf(run, forecast);
        var left = 0d;
        foreach (var step in run.Steps.Where(step => step.Status != RunStepStatus.Done))
            left += step.Status == RunStepStatus.Running ? LeftOf(step, forecast.Of(step), pace, now) : (forecast.Of(step)?.Seconds ?? 0) * pace;
        return left;
    }

    /// <summary>What done steps took for each forecast second; 1 before any is done.</summary>
    internal static double PaceOf(FineTuningRun run, RunForecast forecast)
    {
        // A baseline that was known already took nothing, and says nothing about the speed.
        var done = run.Steps.Where(step => step is { Status: RunStepStatus.Done, DeviceMicroseconds: > 0 })
            .Select(step => (Real: step.DeviceMicroseconds / 1e6, Expected: forecast.Of(step)?.Seconds ?? 0)).Where(step => step.Expected > 0).ToList();
        return done.Count == 0 ? 1 : done.Sum(step => step.Real) / done.Sum(step => step.Expected);
    }

    /// <summary>The step's own measured rate where it has one, else what of its forecast is not gone.</summary>
    private static double LeftOf(RunStep step, StepForecast? expected, double pace, DateTimeOffset now)
    {
        if (step.EtaSeconds is { } measured)
            return measured;
        var whole = (expected?.Seconds ?? 0) * pace;
        return step.Progress is { } share ? whole * (1 - share) : Math.Max(0, whole - (now - (step.StartedAt ?? now)).TotalSeconds);
    }
}

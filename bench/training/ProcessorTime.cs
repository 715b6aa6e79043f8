using System.Diagnostics;

namespace Platform.TrainingBench;

/// <summary>Processor time of this process: on a machine that others use, too, it says more than a clock.</summary>
internal static class ProcessorTime
{
    public static double Milliseconds(Action action)
    {
        var before = Now();
        action();
        return (Now() - before).TotalMilliseconds;
    }

    private static TimeSpan Now()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}

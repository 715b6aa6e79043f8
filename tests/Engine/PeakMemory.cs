using System.Globalization;

namespace Platform.Engine.Tests;

/// <summary>Peak resident memory of this process, from Linux's /proc.</summary>
internal static class PeakMemory
{
    /// <summary>By how many bytes the peak during an action lies above what was in use before it.</summary>
    public static long Growth(Action action)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak begins anew
        var before = Read("VmRSS");
        action();
        return Read("VmHWM") - before;
    }

    private static long Read(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith(field + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}

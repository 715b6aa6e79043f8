using System.Globalization;

namespace Platform.TrainingBench;

/// <summary>Resident memory of this process by Linux's /proc, megabytes.</summary>
internal static class PeakMemory
{
    /// <summary>Lets the peak begin anew and says what is in use.</summary>
    public static long Restart()
    {
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5");
        return Read("VmRSS");
    }

    /// <summary>The peak since then.</summary>
    public static long Megabytes() => Read("VmHWM");

    private static long Read(string field) => long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;
}

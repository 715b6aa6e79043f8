using System.Globalization;
using System.Runtime.InteropServices;

namespace Platform.Engine.Tests;

/// <summary>Peak resident memory of this process, from Linux's /proc.</summary>
internal static partial class PeakMemory
{
    private const string TcmallocRelease = "MallocExtension_ReleaseFreeMemory";

    /// <summary>By how many bytes the peak during an action lies above what was in use before it.</summary>
    public static long Growth(Action action)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        ReleaseFreeMemory();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak begins anew
        var before = Read("VmRSS");
        action();
        return Read("VmHWM") - before;
    }

    /// <summary>What earlier tests freed is still resident in the allocator, and an action that finds room there would not grow the process at all.</summary>
    private static void ReleaseFreeMemory()
    {
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), TcmallocRelease, out var release))
            Marshal.GetDelegateForFunctionPointer<Action>(release)();
        else
            _ = Trim(0);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);

    private static long Read(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith(field + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// Measures how much memory some work needs at its peak. On the CPU: Linux's own peak of the process, begun anew, without what was in use before
/// and without file pages (code that is run for the first time). On CUDA: what the driver has less, as libtorch keeps what it once took.
/// </summary>
internal sealed partial class MemoryGauge
{
    private const string Status = "/proc/self/status";

    private readonly Device _device;
    private readonly long _held;
    private readonly long? _before;

    private MemoryGauge(Device device, long held)
    {
        (_device, _held) = (device, held);
        _before = device.type == DeviceType.CUDA ? CudaFree() : BeginPeak();
    }

    /// <summary>Begins to measure.</summary>
    /// <param name="device">Where the work happens.</param>
    /// <param name="held">What belongs to the work and is in use already, bytes: the weights.</param>
    public static MemoryGauge Start(Device device, long held) => new(device, held);

    /// <summary>What belongs to the work and was in use at the start.</summary>
    public long Held => _held;

    /// <summary>What the work has needed at its peak so far, bytes; null where the system does not say.</summary>
    public long? Peak()
    {
        if (_before is not { } before)
            return null;
        if (_device.type == DeviceType.CUDA)
            return _held + before - CudaFree();
        return _held + Read("VmHWM") - Read("RssFile") - before;
    }

    /// <summary>Memory that is free for more, bytes; null where the system does not say.</summary>
    /// <param name="device">Which.</param>
    public static long? Available(Device device)
    {
        if (device.type == DeviceType.CUDA)
            return CudaFree();
        const string all = "/proc/meminfo";
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes; // knows a container's limit
        return File.Exists(all) ? Math.Min(limit, Read("MemAvailable", all)) : null;
    }

    private static long? BeginPeak()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(Status))
            return null;
        try
        {
            TrimHeap();
            File.WriteAllText("/proc/self/clear_refs", "5"); // the peak begins anew
            return Read("VmRSS") - Read("RssFile");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            // Not allowed here (some containers): no figure is better than a wrong one.
            return null;
        }
    }

    private static long Read(string field, string file = Status)
    {
        var line = File.ReadLines(file).First(text => text.StartsWith(field + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Gives back what was freed before: it would hide what is taken from now on.</summary>
    private static unsafe void TrimHeap()
    {
        // tcmalloc, where it is preloaded.
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "MallocExtension_ReleaseFreeMemory", out var release))
            ((delegate* unmanaged<void>)release)();
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc.
        }
    }

    private static long? CudaFree()
    {
        try
        {
            return CudaMemory(out var free, out _) == 0 ? (long)free : null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuMemGetInfo_v2")]
    private static partial int CudaMemory(out nuint free, out nuint total);
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Platform.EngineBench.Measuring;

/// <summary>The machine that measures.</summary>
internal static class Machine
{
    private static readonly string CpuInfo = File.Exists("/proc/cpuinfo") ? File.ReadAllText("/proc/cpuinfo") : "";

    /// <summary>Whether bfloat16 matrix products are fast here.</summary>
    public static bool HasBFloat16 { get; } = CpuInfo.Contains("avx512_bf16", StringComparison.Ordinal) || CpuInfo.Contains("amx_bf16", StringComparison.Ordinal);

    /// <summary>Average number of runnable processes in the last minute; 0 where the system does not say.</summary>
    public static double Load() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    /// <summary>One line: processor, instruction sets, threads, memory, allocator.</summary>
    public static string Describe()
    {
        var model = CpuInfo.Split('\n').FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        var family = CpuInfo.Split('\n').FirstOrDefault(l => l.StartsWith("cpu family", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "?";
        var sets = new[] { "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16" }.Where(s => CpuInfo.Contains(s, StringComparison.Ordinal));
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        var allocator = Environment.GetEnvironmentVariable("LD_PRELOAD") is { Length: > 0 } preload ? Path.GetFileName(preload) : "the system's allocator";
        return string.Create(CultureInfo.InvariantCulture, $"{model} (family {family}; {string.Join(", ", sets)}), {Environment.ProcessorCount} cores, {memory:F0} GB, {allocator}, load {Load():F1}");
    }
}

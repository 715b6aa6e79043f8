namespace Platform.Engine.Native;

/// <summary>What this machine's processor can do that decides how something is computed.</summary>
internal static class CpuInstructions
{
    /// <summary>
    /// Whether it multiplies bfloat16 natively: AVX512-BF16, AMX, or Arm's extension of that name, by Linux's /proc/cpuinfo. Elsewhere libtorch's
    /// bfloat16 products run at less than a hundredth of float32's speed.
    /// </summary>
    public static bool MultipliesBFloat16 { get; } = File.Exists("/proc/cpuinfo") && Names(File.ReadAllText("/proc/cpuinfo"));

    internal static bool Names(string cpuInfo) => cpuInfo
        .Split([' ', '\t', '\n', ':'], StringSplitOptions.RemoveEmptyEntries)
        .Any(word => word is "avx512_bf16" or "amx_bf16" or "bf16");
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Platform.Domain.Fleet;

/// <summary>The machine in words, without loading a library for it.</summary>
public static class Hardware
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string AcceleratorFolder = "/proc/driver/nvidia/gpus";

    /// <summary>Such as "AMD EPYC 7713, 2 cores" or "AMD EPYC 9554, 16 cores, NVIDIA H200".</summary>
    public static string Describe()
    {
        var processor = ValueOf(ProcessorFile, "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
        var cores = Environment.ProcessorCount == 1 ? "1 core" : string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores");
        return string.Join(", ", [processor, cores, .. Accelerators()]);
    }

    private static IEnumerable<string> Accelerators() => Directory.Exists(AcceleratorFolder)
        ? Directory.EnumerateDirectories(AcceleratorFolder).Select(folder => ValueOf(Path.Combine(folder, "information"), "Model")).OfType<string>()
            .GroupBy(model => model).Select(group => group.Count() == 1 ? group.Key : string.Create(CultureInfo.InvariantCulture, $"{group.Count()} x {group.Key}"))
        : [];

    private static string? ValueOf(string file, string key)
    {
        if (!File.Exists(file))
            return null;
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.OrdinalIgnoreCase));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}

using System.Globalization;
using System.Security.Cryptography;

namespace Platform.MethodBench;

/// <summary>Where and on what a result was measured.</summary>
internal sealed record Machine(string Processor, int Cores, string BaseModelSha256, DateOnly Today)
{
    public static Machine Here(string baseModel)
    {
        using var weights = File.OpenRead(Path.Combine(baseModel, "model.safetensors"));
        var today = TimeProvider.System.GetUtcNow();
        return new Machine(Model(), Environment.ProcessorCount, Convert.ToHexStringLower(SHA256.HashData(weights)), DateOnly.FromDateTime(today.UtcDateTime));
    }

    private static string Model()
    {
        const string cpuInfo = "/proc/cpuinfo";
        var name = File.Exists(cpuInfo) ? File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return name?[(name.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} processors");
    }
}

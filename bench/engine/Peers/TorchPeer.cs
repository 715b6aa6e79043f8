using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Platform.EngineBench.Engines;

namespace Platform.EngineBench.Peers;

/// <summary>Debian's python3-torch, trained by Peers/training.py.</summary>
internal static class TorchPeer
{
    private const string Python = "/usr/bin/python3"; // Debian's own, which sees Debian's packages

    private static readonly Lazy<string?> Found = new(FindVersion);

    /// <summary>Version of PyTorch; null when it is not installed.</summary>
    public static string? Version => Found.Value;

    /// <summary>Starts a training.</summary>
    /// <param name="shape">Shape of the model.</param>
    /// <param name="batch">Rows of a step.</param>
    /// <param name="tokens">Tokens of a row, the answer included.</param>
    /// <param name="answers">How many of them are the answer, which the loss is on.</param>
    /// <param name="rank">Rank of the adapter; 0 for full training.</param>
    /// <param name="dtype">float32 or bfloat16.</param>
    /// <param name="threads">Threads.</param>
    public static JsonProcess Start(Shape shape, int batch, int tokens, int answers, int rank, string dtype, int threads)
    {
        var c = shape.Config;
        return new JsonProcess(Python, Path.Combine(AppContext.BaseDirectory, "Peers", "training.py"), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["vocabulary"] = c.VocabularySize,
            ["hidden"] = c.HiddenSize,
            ["intermediate"] = c.IntermediateSize,
            ["layers"] = c.Layers,
            ["heads"] = c.QueryHeads,
            ["keyValueHeads"] = c.KeyValueHeads,
            ["headSize"] = c.HeadSize,
            ["bias"] = c.QueryKeyValueBias,
            ["epsilon"] = c.NormEpsilon,
            ["theta"] = c.RopeTheta,
            ["batch"] = batch,
            ["tokens"] = tokens,
            ["answers"] = answers,
            ["rank"] = rank,
            ["dtype"] = dtype,
            ["threads"] = threads,
        }));
    }

    private static string? FindVersion()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch; print(torch.__version__)"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var version = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? version : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

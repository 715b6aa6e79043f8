using System.ComponentModel;
using System.Diagnostics;

namespace Platform.EngineBench.Peers;

/// <summary>llama.cpp's ready-made libraries, installed by npm into the benchmark's folder on the first run.</summary>
internal static class NpmPackage
{
    /// <summary>Installs what package.json names, unless it is there.</summary>
    /// <param name="folder">Where to.</param>
    /// <returns>The folder with the libraries, or why there is none.</returns>
    public static (string? Libraries, string? Problem) Install(string folder)
    {
        var libraries = Path.Combine(folder, "node_modules", "@node-llama-cpp", "linux-x64", "bins", "linux-x64");
        var manifest = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "package.json"));
        var installed = Path.Combine(folder, "package.json");
        if (Directory.Exists(libraries) && File.Exists(installed) && File.ReadAllText(installed) == manifest)
            return (libraries, null);
        Directory.CreateDirectory(folder);
        File.WriteAllText(installed, manifest);
        try
        {
            // No script runs: the libraries come ready-made in the package.
            using var npm = Process.Start(new ProcessStartInfo("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = npm.StandardOutput.ReadToEndAsync();
            var error = npm.StandardError.ReadToEnd();
            output.GetAwaiter().GetResult();
            npm.WaitForExit();
            if (npm.ExitCode == 0 && Directory.Exists(libraries))
                return (libraries, null);
            File.Delete(installed);
            return (null, $"npm could not install llama.cpp: {error}");
        }
        catch (Win32Exception e)
        {
            File.Delete(installed);
            return (null, $"npm does not start: {e.Message}");
        }
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Platform.Api.Tests.OpenAi;

/// <summary>OpenAI's client for JavaScript from npm, unmodified, kept in the temporary folder between test runs.</summary>
internal static class NodeSdk
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string Scripts = Path.Combine(AppContext.BaseDirectory, "OpenAi", "Sdk");
    private static readonly Lazy<(string? Folder, string? Problem)> Installed = new(Install);

    /// <summary>Runs a script; skips the test, saying why, when node or the client cannot be had.</summary>
    /// <returns>Its last line, read as JSON.</returns>
    public static Task<JsonNode> RunAsync(string script, params string[] arguments) => RunAsync(script, File.ReadAllText(Path.Combine(Scripts, script)), arguments, []);

    /// <summary>The same with a script's text.</summary>
    public static Task<JsonNode> RunSourceAsync(string name, string source, params IReadOnlyList<(string Name, string Value)> environment) => RunAsync(name, source, [], environment);

    private static async Task<JsonNode> RunAsync(string name, string source, IReadOnlyList<string> arguments, IReadOnlyList<(string Name, string Value)> environment)
    {
        var (folder, problem) = Installed.Value;
        if (problem is not null)
            Assert.Skip($"OpenAI's client for JavaScript was not run: {problem}");
        await File.WriteAllTextAsync(Path.Combine(folder!, name), source);
        var (exit, output, error) = await ExecuteAsync("node", folder!, [name, .. arguments], environment);
        Assert.True(exit == 0, $"{name} ended with {exit}: {error}");
        return JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
    }

    private static (string? Folder, string? Problem) Install()
    {
        var definition = File.ReadAllText(Path.Combine(Scripts, "package.json"));
        var cache = Path.Combine(Path.GetTempPath(), $"platform-node-openai-{JsonNode.Parse(definition)!["dependencies"]!["openai"]}");
        if (Directory.Exists(cache))
            return (cache, null);

        // Installed beside the cache and renamed into place, so that two test runs at once do no harm.
        var staging = Directory.CreateTempSubdirectory("platform-node-openai-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(staging, "package.json"), definition);
            var (exit, _, error) = ExecuteAsync(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", staging, ["install", "--ignore-scripts", "--no-audit", "--no-fund"]).GetAwaiter().GetResult();
            if (exit != 0)
                return (null, $"npm could not install openai: {error}");
            Directory.Move(staging, cache);
        }
        catch (Win32Exception exception)
        {
            return (null, $"npm does not start: {exception.Message}");
        }
        catch (IOException) when (Directory.Exists(cache))
        {
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }

        return (cache, null);
    }

    private static async Task<(int Exit, string Output, string Error)> ExecuteAsync(string program, string folder, IReadOnlyList<string> arguments, params IReadOnlyList<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", $"{program} did not end within {Patience.TotalMinutes} minutes.");
        }

        return (process.ExitCode, await output, await error);
    }
}

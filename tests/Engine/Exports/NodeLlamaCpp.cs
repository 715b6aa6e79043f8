using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Engine.Tests.Exports;

/// <summary>A GGUF file, token ids to evaluate and texts to tokenize; with an adapter's file where it is to be used.</summary>
internal sealed record LlamaCppModel(string Path, IReadOnlyList<int[]> Cases, IReadOnlyList<string> Texts, string? Adapter = null);

/// <summary>What llama.cpp computes: logits behind the last token of each case, and the tokens of each text.</summary>
internal sealed record LlamaCppResult(float[][] Logits, int[][] Tokens);

/// <summary>llama.cpp through npm's node-llama-cpp with its ready-made program, kept in the temporary folder between test runs.</summary>
internal static class NodeLlamaCpp
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Exports", "LlamaCpp");
    private static readonly Lazy<(string? Folder, string? Problem)> Installed = new(Install);

    /// <summary>Runs all models in one process; skips the test, saying why, when node or the package cannot be had.</summary>
    public static IReadOnlyList<LlamaCppResult> Evaluate(params LlamaCppModel[] models)
    {
        var (folder, problem) = Installed.Value;
        if (problem is not null)
            Assert.Skip($"The exports were not run in llama.cpp: {problem}");
        var request = new JsonObject
        {
            ["models"] = new JsonArray([.. models.Select(model => new JsonObject
            {
                ["path"] = model.Path,
                ["adapter"] = model.Adapter,
                ["cases"] = JsonSerializer.SerializeToNode(model.Cases),
                ["texts"] = JsonSerializer.SerializeToNode(model.Texts),
            })]),
        };
        var (exit, output, error) = Run("node", folder!, request.ToJsonString(), "evaluate.mjs");
        Assert.True(exit == 0, $"llama.cpp failed with exit code {exit}: {error}");
        var answer = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        return [.. answer["models"]!.AsArray().Select(result => new LlamaCppResult(result!["logits"].Deserialize<float[][]>()!, result["tokens"].Deserialize<int[][]>()!))];
    }

    private static (string? Folder, string? Problem) Install()
    {
        var definition = File.ReadAllText(Path.Combine(Script, "package.json"));
        var version = JsonNode.Parse(definition)!["dependencies"]!["node-llama-cpp"]!.GetValue<string>();
        var cache = Path.Combine(Path.GetTempPath(), $"platform-node-llama-cpp-{version}");
        if (!Directory.Exists(cache))
        {
            // Installed beside the cache and renamed into place, so that two test runs at once do no harm.
            var staging = Directory.CreateTempSubdirectory("platform-node-llama-cpp-").FullName;
            try
            {
                File.WriteAllText(Path.Combine(staging, "package.json"), definition);
                var (exit, _, error) = Run(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", staging, null, "install", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund");
                if (exit != 0)
                    return (null, $"npm could not install node-llama-cpp: {error}");
                Directory.Move(staging, cache);
            }
            catch (Win32Exception e)
            {
                return (null, $"npm does not start: {e.Message}");
            }
            catch (IOException) when (Directory.Exists(cache))
            {
            }
            finally
            {
                if (Directory.Exists(staging))
                    Directory.Delete(staging, recursive: true);
            }
        }

        File.Copy(Path.Combine(Script, "evaluate.mjs"), Path.Combine(cache, "evaluate.mjs"), overwrite: true);
        // No model at all: only whether the ready-made program runs on this machine.
        var (probe, _, reason) = Run("node", cache, """{"models":[]}""", "evaluate.mjs");
        return probe == 0 ? (cache, null) : (null, $"its program does not run here: {reason}");
    }

    private static (int Exit, string Output, string Error) Run(string program, string folder, string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
            process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (process.WaitForExit(Patience))
            return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        process.Kill(entireProcessTree: true);
        return (-1, "", $"{program} did not end within {Patience.TotalMinutes} minutes.");
    }
}

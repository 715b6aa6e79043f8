using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Platform.Engine.Exports;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.ApiBench.Peers;

/// <summary>llama.cpp behind HTTP with the same weights in single precision and the same prompts, see llama-server.mjs.</summary>
internal sealed class LlamaServer : IServer, IAsyncDisposable
{
    private readonly Process process;
    private readonly HttpClient client;
    private readonly PromptBuilder prompts;
    private readonly Dictionary<string, TaskSpec> tasks;
    private readonly ConcurrentDictionary<(string Task, string Text, string? Text2), byte[]> bodies = [];

    private LlamaServer(Process process, HttpClient client, PromptBuilder prompts, IEnumerable<TaskSpec> tasks)
    {
        (this.process, this.client, this.prompts) = (process, client, prompts);
        this.tasks = tasks.ToDictionary(task => task.Name, StringComparer.Ordinal);
    }

    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <returns>The server, or why there is none.</returns>
    public static async Task<(LlamaServer? Server, string? Problem)> StartAsync(
        string model, string folder, PromptBuilder prompts, Workload workload, int slots, int threads, CancellationToken cancellationToken)
    {
        if (Install(folder) is { } problem)
            return (null, problem);
        var weights = Path.Combine(folder, "model.gguf");
        GgufExport.Write(model, null, GgufType.F32, weights, cancellationToken);
        var longest = workload.Rows.Max(row => prompts.Prompt(workload.Specs.First(task => task.Name == row.Task), row.Text, row.Text2).Ids.Length);
        var arguments = new[] { Path.Combine(folder, "llama-server.mjs"), weights, $"{slots}", $"{longest + 64}", $"{threads}" };
        var process = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true })!;
        if (await process.StandardOutput.ReadLineAsync(cancellationToken) is not { } line)
            return (null, "llama.cpp does not start; its message is above.");
        using var ready = JsonDocument.Parse(line);
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ready.RootElement.GetProperty("port").GetInt32()}");
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256, PooledConnectionLifetime = Timeout.InfiniteTimeSpan }) { BaseAddress = new Uri(address), Timeout = Timeout.InfiniteTimeSpan };
        var server = new LlamaServer(process, client, prompts, workload.Specs);
        foreach (var row in workload.Rows)
            server.Body(row); // the caller's tokenizing is not the server's work
        return (server, null);
    }

    public async Task<string?> AnswerAsync(Input input, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(Body(input));
        using var response = await client.PostAsync("/", content, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            return null;
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("text").GetString()!.Trim();
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
        return ValueTask.CompletedTask;
    }

    private byte[] Body(Input input) => bodies.GetOrAdd((input.Task, input.Text, input.Text2), _ => JsonSerializer.SerializeToUtf8Bytes(new
    {
        tokens = prompts.Prompt(tasks[input.Task], input.Text, input.Text2).Ids,
        labels = tasks[input.Task].Labels,
    }));

    private static string? Install(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in new[] { "package.json", "llama-server.mjs" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Peers", file), Path.Combine(folder, file), overwrite: true);
        if (Directory.Exists(Path.Combine(folder, "node_modules", "@node-llama-cpp", "linux-x64")))
            return null;
        try
        {
            // No script runs: the libraries come ready-made in the package.
            using var npm = Process.Start(new ProcessStartInfo("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]))!;
            npm.WaitForExit();
            return npm.ExitCode == 0 ? null : "npm could not install llama.cpp; its message is above.";
        }
        catch (Win32Exception exception)
        {
            return $"npm does not start: {exception.Message}";
        }
    }
}

using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;
using Platform.Domain.Models;
using Platform.Domain.Upstreams;
using Platform.Engine.Checkpoints;
using Platform.Engine.Exports;
using Platform.Engine.Native;
using Platform.Engine.Serving;

namespace Platform.Cli.Models;

/// <summary>Writes a model version for an engine outside the platform, and says how that is started and made known to the hosts.</summary>
internal static class ServeWithCommand
{
    private static readonly Argument<string> Engine = new("ENGINE") { Description = "vllm, sglang or llama.cpp" };
    private static readonly Argument<int> Version = new("VERSION") { Description = "The model version's number" };
    private static readonly Option<string> Target = new("--out") { Description = "The folder to write; it must not exist yet", HelpName = "DIR", Required = true };
    private static readonly Option<string> Address = new("--address") { Description = "Where the engine will listen, as the Api reaches it", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:8000" };
    private static readonly Option<int> Parallel = new("--parallel") { Description = "Inputs that are in the engine at the same time", HelpName = "N", DefaultValueFactory = _ => 64 };

    public static Command Create()
    {
        Engine.AcceptOnlyFromAmong(UpstreamOptions.Vllm, UpstreamOptions.Sglang, UpstreamOptions.LlamaCpp);
        var command = new Command("serve-with", "Write a model version and its adapters for an inference engine outside, with the command that starts it and the settings of the hosts") { Engine, Version, Target, Address, Parallel };
        command.Validators.Add(result =>
        {
            if (result.GetResult(Address)?.Tokens is [{ Value: var given }] && !(Uri.TryCreate(given, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
                result.AddError($"--address: '{given}' is no address; write one such as http://gpu-1:8000.");
            if (result.GetResult(Parallel)?.Tokens is [{ Value: var number }] && (!int.TryParse(number, out var parallel) || parallel is < 1 or > 4096))
                result.AddError($"--parallel: '{number}' must be a whole number from 1 to 4096.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        var (engine, target) = (parsed.GetRequiredValue(Engine), Path.GetFullPath(parsed.GetRequiredValue(Target)));
        if (Path.Exists(target))
            throw new CommandFailure($"--out: {target} exists. Name another path, or remove it.");
        await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
        var version = (await session.Get<ModelRegistry>().FindAsync(parsed.GetRequiredValue(Version), cancellationToken)).OrFail();
        var store = session.Get<ArtifactStore>();
        (await store.VerifyAsync(version.ArtifactPath, version.Sha256, cancellationToken)).OrFail();
        using var files = (await store.OpenAsync(version.ArtifactPath, cancellationToken)).OrFail();
        var tasks = RemoteTasks.Load(files.Path);
        var adapters = tasks.Tasks.Values.Where(task => task.Adapter is not null).OrderBy(task => task.Spec.Name, StringComparer.Ordinal).ToList();
        var part = $"{target}.part";
        if (Directory.Exists(part))
            Directory.Delete(part, recursive: true);
        if (engine == UpstreamOptions.LlamaCpp)
            WriteGguf(files.Path, adapters, part, cancellationToken);
        else
            Copy(files.Path, Path.Combine(part, "model"), cancellationToken);
        var options = new UpstreamOptions { Kind = engine, Address = parsed.GetRequiredValue(Address), MaxConcurrency = parsed.GetValue(Parallel) };
        var command = StartOf(options, version.Number, tasks.ContextTokens, target, adapters.Select(task => task.Spec.Name).ToList(), RankOf(files.Path, adapters));
        await File.WriteAllTextAsync(Path.Combine(part, "start"), $"#!/bin/sh\nexec {command} \"$@\"\n", cancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(part, "start"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Directory.Move(part, target);
        var name = engine.Replace(".", "", StringComparison.Ordinal); // part of a variable's name in the shell
        string[] settings = [$"Upstreams__{name}__Kind={engine}", $"Upstreams__{name}__Address={options.Address}", $"Upstreams__{name}__MaxConcurrency={options.MaxConcurrency}"];
        output.Result(new { path = target, engine, model_version = version.Number, start = Path.Combine(target, "start"), command, settings, adapters = adapters.Select(task => task.Spec.Name) }, () =>
        {
            output.Line($"Model version {version.Number} is in {target}. Start the engine there: {Path.Combine(target, "start")}");
            output.Line($"    {command}");
            output.Line("Then give every host these settings, start the hosts again, and approve the deployment:");
            foreach (var setting in settings)
                output.Line($"    {setting}");
            output.Line($"    platform deploy {version.Number} --approve --engine {name} --reason TEXT");
        });
        return ExitCodes.Done;
    }

    private static void WriteGguf(string folder, IEnumerable<ServedTask> adapters, string target, CancellationToken cancellationToken)
    {
        TorchRuntime.Initialize();
        Directory.CreateDirectory(Path.Combine(target, "adapters"));
        GgufExport.Write(folder, null, null, Path.Combine(target, "model.gguf"), cancellationToken);
        foreach (var task in adapters)
            GgufExport.WriteAdapter(folder, Path.Combine(folder, task.Adapter!), Path.Combine(target, "adapters", $"{task.Spec.Name}.gguf"), cancellationToken);
    }

    // By content: a copy of a write-protected file must not be write-protected.
    private static void Copy(string from, string to, CancellationToken cancellationToken)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var place = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            using var source = File.OpenRead(file);
            using var target = File.Create(place);
            source.CopyTo(target);
        }
    }

    private static int RankOf(string folder, IEnumerable<ServedTask> adapters) =>
        adapters.Select(task => PeftFolder.RankOf(Path.Combine(folder, task.Adapter!), HuggingFaceFolder.LoadConfig(folder))).DefaultIfEmpty(0).Max();

    private static string StartOf(UpstreamOptions options, int version, int contextTokens, string target, List<string> adapters, int rank)
    {
        var model = options.ModelOf(version);
        var port = new Uri(options.Address).Port;
        List<string> words = options.Kind switch
        {
            UpstreamOptions.Vllm => ["vllm", "serve", $"{target}/model", "--served-model-name", model, "--max-model-len", $"{contextTokens}", "--max-logprobs", "1024", "--enable-prompt-tokens-details", "--max-num-seqs", $"{options.MaxConcurrency}"],
            UpstreamOptions.Sglang => ["python3", "-m", "sglang.launch_server", "--model-path", $"{target}/model", "--served-model-name", model, "--context-length", $"{contextTokens}", "--max-running-requests", $"{options.MaxConcurrency}"],
            _ => ["llama-server", "--model", $"{target}/model.gguf", "--alias", model, "--ctx-size", $"{contextTokens * options.MaxConcurrency}", "--parallel", $"{options.MaxConcurrency}", "--no-webui"],
        };
        if (adapters.Count > 0)
            words.AddRange(options.Kind switch
            {
                UpstreamOptions.Vllm => ["--enable-lora", "--max-lora-rank", $"{rank}", "--max-loras", $"{adapters.Count}", "--lora-modules", .. adapters.Select(task => $"{model}:{task}={target}/model/adapters/{task}")],
                UpstreamOptions.Sglang => ["--enable-lora", "--max-lora-rank", $"{rank}", "--max-loras-per-batch", $"{adapters.Count + 1}", "--lora-paths", .. adapters.Select(task => $"{task}={target}/model/adapters/{task}")],
                _ => ["--lora-init-without-apply", .. adapters.SelectMany(task => new[] { "--lora", $"{target}/adapters/{task}.gguf" })],
            });
        words.AddRange(["--port", $"{port}"]);
        return string.Join(' ', words.Select(Quoted));
    }

    /// <summary>As the shell reads it back.</summary>
    private static string Quoted(string word) =>
        word.All(unit => char.IsAsciiLetterOrDigit(unit) || "_./:=@-".Contains(unit, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

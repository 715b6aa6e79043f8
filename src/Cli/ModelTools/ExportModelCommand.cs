using System.CommandLine;
using System.CommandLine.Parsing;
using Platform.Cli.Terminal;
using Platform.Engine.Exports;
using Platform.Engine.Native;
using TorchSharp;

namespace Platform.Cli.ModelTools;

/// <summary>A model for other programs: transformers, PEFT, llama.cpp.</summary>
internal static class ExportModelCommand
{
    private const string HuggingFace = "huggingface";
    private const string Gguf = "gguf";
    private const string Peft = "peft";

    private static readonly Dictionary<string, GgufType> Types = new(StringComparer.Ordinal)
    {
        ["f32"] = GgufType.F32,
        ["f16"] = GgufType.F16,
        ["bf16"] = GgufType.BF16,
        ["q8_0"] = GgufType.Q8,
    };

    public static Command Create()
    {
        var model = ModelOption.Create();
        var adapter = new Option<string?>("--adapter") { Description = "A PEFT folder: merged into the weights; with --format peft the adapter itself is written", HelpName = "DIR" };
        var format = new Option<string>("--format") { Description = "huggingface: a merged model folder; gguf: one file for llama.cpp; peft: the adapter alone", Required = true };
        format.AcceptOnlyFromAmong(HuggingFace, Gguf, Peft);
        var type = new Option<string?>("--type") { Description = "Type of the weights; default: the one they are stored in. q8_0 is for gguf only" };
        type.AcceptOnlyFromAmong([.. Types.Keys]);
        var target = new Option<string>("--out") { Description = "The folder to write, or the file for gguf; it must not exist yet", HelpName = "PATH", Required = true };
        var command = new Command("export-model", "Write a model so that other programs load it: transformers, PEFT, llama.cpp") { model, adapter, format, type, target };
        command.Validators.Add(result => Validate(result, format, type, adapter));
        command.SetAction((parsed, cancellationToken) =>
        {
            var asked = parsed.GetValue(type) is { } name ? Types[name] : (GgufType?)null;
            var report = Export(parsed.GetRequiredValue(model), parsed.GetValue(adapter), parsed.GetRequiredValue(format), asked, parsed.GetRequiredValue(target), cancellationToken);
            var output = new Output(parsed);
            output.Result(
                new { path = report.Path, files = report.Files.Select(Path.GetFileName), parameters = report.Parameters, bytes = report.Bytes },
                () => output.Line($"{report.Path}: {report.Parameters:N0} weights, {report.Bytes / 1e6:N1} MB"));
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    private static void Validate(CommandResult result, Option<string> format, Option<string?> type, Option<string?> adapter)
    {
        // What is wrong with one option by itself has been said already.
        var asked = result.GetResult(format)?.Tokens is [{ Value: var value }] ? value : null;
        if (asked is HuggingFace or Peft && result.GetResult(type)?.Tokens is [{ Value: "q8_0" }])
            result.AddError($"--type q8_0 is for --format gguf; {asked} takes f32, f16 or bf16.");
        if (asked == Peft && result.GetResult(adapter) is null)
            result.AddError("--format peft needs --adapter.");
    }

    private static ExportReport Export(string model, string? adapter, string format, GgufType? type, string target, CancellationToken cancellationToken)
    {
        if (Path.Exists(target) && (format == Gguf || File.Exists(target)))
            throw new CommandFailure($"--out: {target} exists. Name another path, or remove it.");
        TorchRuntime.Initialize();
        var dtype = type switch
        {
            null => (torch.ScalarType?)null,
            GgufType.F32 => torch.ScalarType.Float32,
            GgufType.F16 => torch.ScalarType.Float16,
            _ => torch.ScalarType.BFloat16,
        };
        return format switch
        {
            Gguf => GgufExport.Write(model, adapter, type, target, cancellationToken),
            Peft => FolderExport.WriteAdapter(model, adapter!, dtype, target, cancellationToken),
            _ => FolderExport.WriteModel(model, adapter, dtype, target, cancellationToken),
        };
    }
}

using System.CommandLine;
using Platform.Cli.Terminal;
using Platform.Engine.Checkpoints;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Tokenization;

namespace Platform.Cli.ModelTools;

internal static class GenerateCommand
{
    private const int DefaultTokens = 64;

    public static Command Create()
    {
        var model = ModelOption.Create();
        var prompt = new Option<string>("--prompt") { Description = "The text to go on from", HelpName = "T", Required = true };
        var tokens = new Option<int>("--max-tokens") { Description = "Longest continuation, tokens; the model's context ends it too", HelpName = "N", DefaultValueFactory = _ => DefaultTokens };
        tokens.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && int.TryParse(given.Value, out var number) && number < 1)
                result.AddError("--max-tokens must be at least 1.");
        });
        prompt.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
                result.AddError("--prompt is empty; give at least one character.");
        });
        var command = new Command("generate", "The model's greedy continuation of a prompt, without the prompt") { model, prompt, tokens };
        command.SetAction(parsed =>
        {
            var output = new Output(parsed);
            var text = Generate(parsed.GetRequiredValue(model), parsed.GetRequiredValue(prompt), parsed.GetValue(tokens));
            output.Result(new { text }, () => output.Line(text));
        });
        return command;
    }

    private static string Generate(string folder, string prompt, int maxTokens)
    {
        TorchRuntime.Initialize();
        using var model = HuggingFaceFolder.LoadModel(folder, TorchSharp.torch.CPU);
        var tokenizer = Tokenizer.Load(folder);
        var (length, context) = (tokenizer.Encode(prompt, addSpecialTokens: true).Length, model.Config.ContextTokens);
        if (length >= context)
            throw new CommandFailure($"--prompt has {length} tokens; the model's context of {context} leaves no room for an answer. Shorten it to at most {context - 1} tokens.");
        return new TextGenerator(model, tokenizer, GenerationConfig.Load(folder).EndTokens).Generate(prompt, Math.Min(maxTokens, context - length));
    }
}

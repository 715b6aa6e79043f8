using System.CommandLine;

namespace Platform.Cli.ModelTools;

internal static class ModelOption
{
    public static Option<string> Create() => new("--model")
    {
        Description = "A Hugging Face folder (config.json, *.safetensors, tokenizer.json)",
        HelpName = "DIR",
        Required = true,
    };
}

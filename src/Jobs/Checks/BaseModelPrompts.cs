using System.Collections.Concurrent;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tokenization;

namespace Platform.Jobs.Checks;

/// <summary>A base model's tokenizer and shape, without its weights.</summary>
/// <param name="ContextTokens">Longest sequence that the model takes.</param>
public sealed record BasePrompts(PromptBuilder Builder, int ContextTokens);

/// <summary>Reads tokenizers once. What it hands out is for the thread that asks and for counting only.</summary>
public sealed class BaseModelPrompts
{
    private readonly ConcurrentDictionary<(string Folder, DateTime Written), BasePrompts> known = new();

    /// <exception cref="InvalidDataException">The folder holds no usable base model; the message says what is missing.</exception>
    public BasePrompts For(string folder)
    {
        var config = Path.Combine(folder, "config.json");
        if (!File.Exists(config))
            throw new InvalidDataException($"There is no base model in '{folder}' (config.json is missing). Set Platform__BaseModelPath to a Hugging Face folder, or restore the one that comes with the platform.");
        return known.GetOrAdd((folder, File.GetLastWriteTimeUtc(config)), _ => Read(folder, config));
    }

    private static BasePrompts Read(string folder, string config)
    {
        var shape = ModelConfig.Load(config);
        var tokenizer = Tokenizer.Load(folder);
        var end = shape.EndToken ?? tokenizer.EndOfTextId
            ?? throw new InvalidDataException($"'{config}' has no eos_token_id, so an answer could never end. Add it.");
        return new BasePrompts(new PromptBuilder(tokenizer, end), shape.ContextTokens);
    }
}

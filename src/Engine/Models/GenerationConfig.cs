using System.Text.Json;

namespace Platform.Engine.Models;

/// <summary>How a model's publisher means it to generate: generation_config.json beside config.json, which wins where both speak.</summary>
public sealed record GenerationConfig
{
    /// <summary>The file in a model's folder.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>Every token that ends generation; chat models have several. Empty when nothing is said.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Token that begins a text, or null.</summary>
    public int? BeginToken { get; init; }

    /// <summary>Token that fills up shorter rows of a batch, or null.</summary>
    public int? PaddingToken { get; init; }

    /// <summary>Whether tokens are drawn (true) or the most likely one is taken.</summary>
    public bool Samples { get; init; }

    /// <summary>Temperature of the draw.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Draw from this many most likely tokens; null for no limit.</summary>
    public int? TopK { get; init; }

    /// <summary>Draw from the fewest tokens with this probability together.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Draw from tokens with at least this share of the most likely token's probability.</summary>
    public double MinP { get; init; }

    /// <summary>Reads a model folder's generation_config.json, or what config.json says where there is none.</summary>
    /// <param name="folder">The folder; config.json must be there.</param>
    /// <exception cref="InvalidDataException">A file is not valid; all problems are listed.</exception>
    public static GenerationConfig Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var shape = ReadFile(Path.Combine(folder, "config.json"), new GenerationConfig());
        return File.Exists(path) ? ReadFile(path, shape) : shape;
    }

    private static GenerationConfig ReadFile(string path, GenerationConfig otherwise)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{path}: must be a JSON object.");
            List<string> problems = [];
            var fields = new ConfigFields(document.RootElement, "", problems);
            var config = new GenerationConfig
            {
                EndTokens = fields.Tokens("eos_token_id") ?? otherwise.EndTokens,
                BeginToken = fields.Tokens("bos_token_id") is { } begin ? begin.Count > 0 ? begin[0] : null : otherwise.BeginToken,
                PaddingToken = fields.Tokens("pad_token_id") is { } padding ? padding.Count > 0 ? padding[0] : null : otherwise.PaddingToken,
                Samples = fields.Flag("do_sample") ?? otherwise.Samples,
                Temperature = fields.Number("temperature") ?? otherwise.Temperature,
                TopK = fields.Integer("top_k") ?? otherwise.TopK,
                TopP = fields.Number("top_p") ?? otherwise.TopP,
                MinP = fields.Number("min_p") ?? otherwise.MinP,
            };
            return problems.Count == 0 ? config : throw new InvalidDataException($"{path}: {string.Join("; ", problems)}.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not valid JSON: {e.Message}", e);
        }
    }
}

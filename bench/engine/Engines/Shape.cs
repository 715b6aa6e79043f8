using Platform.Engine.Models;

namespace Platform.EngineBench.Engines;

/// <summary>A size of model that is measured.</summary>
/// <param name="Name">S, M, L or XL.</param>
/// <param name="Config">Its shape.</param>
internal sealed record Shape(string Name, ModelConfig Config)
{
    /// <summary>12 M, 51 M, 494 M and 1,544 M weights; the last two are the shapes of Qwen2.5-0.5B and Qwen2.5-1.5B, the last for GPUs.</summary>
    public static IReadOnlyList<Shape> All { get; } =
    [
        new("S", new ModelConfig
        {
            Family = "llama", VocabularySize = 8_192, HiddenSize = 320, IntermediateSize = 960, Layers = 8,
            QueryHeads = 5, KeyValueHeads = 1, HeadSize = 64, ContextTokens = 2_048, TiedHead = true, BeginToken = 0, EndToken = 0,
        }),
        new("M", new ModelConfig
        {
            Family = "llama", VocabularySize = 16_384, HiddenSize = 512, IntermediateSize = 1_312, Layers = 16,
            QueryHeads = 8, KeyValueHeads = 2, HeadSize = 64, ContextTokens = 2_048, TiedHead = true, BeginToken = 0, EndToken = 0,
        }),
        new("L", new ModelConfig
        {
            Family = "qwen2", VocabularySize = 151_936, HiddenSize = 896, IntermediateSize = 4_864, Layers = 24, RopeTheta = 1_000_000,
            QueryHeads = 14, KeyValueHeads = 2, HeadSize = 64, ContextTokens = 2_048, TiedHead = true, QueryKeyValueBias = true, EndToken = 0,
        }),
        new("XL", new ModelConfig
        {
            Family = "qwen2", VocabularySize = 151_936, HiddenSize = 1_536, IntermediateSize = 8_960, Layers = 28, RopeTheta = 1_000_000,
            QueryHeads = 12, KeyValueHeads = 2, HeadSize = 128, ContextTokens = 2_048, TiedHead = true, QueryKeyValueBias = true, EndToken = 0,
        }),
    ];

    /// <summary>Operations of one token's matrix products, without attention and without the head.</summary>
    public double LayerOperations => 2.0 * (Config.ParameterCount() - ((long)Config.VocabularySize * Config.HiddenSize));

    /// <summary>Weights that decoding a token reads, the head included.</summary>
    public double ReadWeights => Config.ParameterCount();
}

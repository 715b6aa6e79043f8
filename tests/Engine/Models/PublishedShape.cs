using System.Text.Json.Nodes;
using CsCheck;

namespace Platform.Engine.Tests.Models;

/// <summary>Rotary scaling; Llama 3's when it has the two bounds, else linear.</summary>
internal sealed record PublishedScaling(double Factor, double? Low, double? High, int OriginalContext);

/// <summary>A random model as somebody could publish it: what its config.json says, and which tensors its checkpoint has.</summary>
internal sealed record PublishedShape(
    string Family, int Vocabulary, int Hidden, int Intermediate, int Layers, int Heads, int KeyValueHeads, int HeadSize, double RopeTheta, double Epsilon,
    bool Tied, bool AttentionBias, bool FeedForwardBias, PublishedScaling? Scaling, bool RopeParameters)
{
    public const int Context = 48;

    private static readonly Gen<PublishedScaling?> RandomScaling = Gen.OneOf(
        Gen.Const((PublishedScaling?)null),
        Gen.Double[1, 16].Select(factor => (PublishedScaling?)new PublishedScaling(factor, null, null, 0)),
        Gen.Select(Gen.Double[1, 16], Gen.Double[0.5, 2], Gen.Double[2.5, 8], Gen.Int[4, 64],
            (factor, low, high, context) => (PublishedScaling?)new PublishedScaling(factor, low, high, context)));

    /// <summary>Shapes of a family; heads and head size are independent of the hidden size.</summary>
    public static Gen<PublishedShape> Of(string family) =>
        Gen.Select(
            Gen.Select(Gen.Int[5, 40], Gen.Int[1, 12], Gen.Int[1, 30], Gen.Int[1, 3], Gen.Int[1, 3]),
            Gen.Select(Gen.Int[1, 3], Gen.Int[1, 6], AnyOf(100.0, 10_000.0, 500_000.0), AnyOf(1e-5, 1e-6)),
            Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, RandomScaling, Gen.Bool),
            (size, head, flag) => new PublishedShape(
                family, size.Item1, size.Item2 * 2, size.Item3, size.Item4, size.Item5 * head.Item1, size.Item5, head.Item2 * 2, head.Item3, head.Item4,
                flag.Item1, family is "llama" or "qwen3" && flag.Item2, family == "llama" && flag.Item3, flag.Item4, flag.Item5));

    /// <summary>One of these.</summary>
    public static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>config.json, leaving out what the family takes for granted.</summary>
    public JsonObject Config()
    {
        var config = new JsonObject
        {
            ["model_type"] = Family,
            ["vocab_size"] = Vocabulary,
            ["hidden_size"] = Hidden,
            ["intermediate_size"] = Intermediate,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["max_position_embeddings"] = Context,
        };
        if (Family != "llama" || KeyValueHeads != Heads)
            config["num_key_value_heads"] = KeyValueHeads;
        if (Family == "qwen3" || HeadSize * Heads != Hidden)
            config["head_dim"] = HeadSize;
        if (Epsilon != 1e-6)
            config["rms_norm_eps"] = Epsilon;
        if (Tied)
            config["tie_word_embeddings"] = true;
        if (AttentionBias)
            config["attention_bias"] = true;
        if (FeedForwardBias)
            config["mlp_bias"] = true;
        if (Family == "mistral")
            config["sliding_window"] = null;
        var scaling = ScalingJson();
        if (RopeParameters)
        {
            scaling ??= new JsonObject { ["rope_type"] = "default" };
            scaling["rope_theta"] = RopeTheta;
            config["rope_parameters"] = scaling;
            return config;
        }

        if (RopeTheta != 10_000)
            config["rope_theta"] = RopeTheta;
        config["rope_scaling"] = scaling;
        return config;
    }

    /// <summary>Name and shape of every tensor, written down here once more so that the engine's list is checked against it.</summary>
    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        yield return ("model.norm.weight", [Hidden]);
        if (!Tied)
            yield return ("lm_head.weight", [Vocabulary, Hidden]);
        foreach (var prefix in Enumerable.Range(0, Layers).Select(layer => $"model.layers.{layer}."))
        {
            yield return (prefix + "input_layernorm.weight", [Hidden]);
            yield return (prefix + "post_attention_layernorm.weight", [Hidden]);
            foreach (var (name, outputs, inputs, bias) in Projections())
            {
                yield return ($"{prefix}{name}.weight", [outputs, inputs]);
                if (bias)
                    yield return ($"{prefix}{name}.bias", [outputs]);
            }

            if (Family == "qwen3")
            {
                yield return (prefix + "self_attn.q_norm.weight", [HeadSize]);
                yield return (prefix + "self_attn.k_norm.weight", [HeadSize]);
            }
        }
    }

    /// <summary>Random weights, large enough that attention and gates do not stay near their middle.</summary>
    public Dictionary<string, float[]> Weights(int seed)
    {
        var random = new Random(seed);
        return Tensors().ToDictionary(t => t.Name, t =>
        {
            var isNorm = t.Name.EndsWith("norm.weight", StringComparison.Ordinal);
            return Enumerable.Range(0, t.Shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((isNorm ? 1 : 0) + random.NextDouble() - 0.5)).ToArray();
        });
    }

    private JsonObject? ScalingJson() => Scaling switch
    {
        null => null,
        { Low: { } low, High: { } high } llama => new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = llama.Factor,
            ["low_freq_factor"] = low,
            ["high_freq_factor"] = high,
            ["original_max_position_embeddings"] = llama.OriginalContext,
        },
        { } linear => new JsonObject { [RopeParameters ? "rope_type" : "type"] = "linear", ["factor"] = linear.Factor },
    };

    private (string Name, int Outputs, int Inputs, bool Bias)[] Projections() =>
    [
        ("self_attn.q_proj", Heads * HeadSize, Hidden, AttentionBias || Family == "qwen2"),
        ("self_attn.k_proj", KeyValueHeads * HeadSize, Hidden, AttentionBias || Family == "qwen2"),
        ("self_attn.v_proj", KeyValueHeads * HeadSize, Hidden, AttentionBias || Family == "qwen2"),
        ("self_attn.o_proj", Hidden, Heads * HeadSize, AttentionBias),
        ("mlp.gate_proj", Intermediate, Hidden, FeedForwardBias),
        ("mlp.up_proj", Intermediate, Hidden, FeedForwardBias),
        ("mlp.down_proj", Hidden, Intermediate, FeedForwardBias),
    ];
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Engine.Checkpoints;

namespace Platform.Engine.Models;

/// <summary>Scaling of the rotary frequencies, as in the <c>rope_scaling</c> field of config.json.</summary>
/// <param name="Type">"linear" or "llama3".</param>
/// <param name="Factor">By how much the context was stretched.</param>
/// <param name="LowFrequencyFactor">Llama 3 only: wavelengths above original context / this are stretched fully.</param>
/// <param name="HighFrequencyFactor">Llama 3 only: wavelengths below original context / this stay as they are.</param>
/// <param name="OriginalContext">Llama 3 only: tokens of context in pre-training.</param>
public sealed record RopeScaling(string Type, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContext);

/// <summary>The shape of a decoder-only transformer, read from Hugging Face's config.json.</summary>
/// <remarks>Families: qwen2, qwen3, llama and mistral. What is not supported is refused by name before any weight is read.</remarks>
public sealed record ModelConfig
{
    /// <summary>Model family, config.json's <c>model_type</c>.</summary>
    public required string Family { get; init; }

    /// <summary>V, number of token ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>C, width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Inner width of the feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>H, query heads.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>K, key/value heads; H is a multiple of it.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>D, size of one head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Longest sequence, tokens.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Epsilon of RMSNorm.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Scaling of the rotary frequencies; null for none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the output head shares the embedding's weights.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Whether the q, k and v projections have a bias.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>Whether the attention's output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the feed-forward projections have a bias.</summary>
    public bool FeedForwardBias { get; init; }

    /// <summary>Whether queries and keys are normalised per head (qwen3).</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Token that begins a text, or null.</summary>
    public int? BeginToken { get; init; }

    /// <summary>
    /// Token that ends a text, the first where config.json lists several, or null. Where generation stops is in <see cref="GenerationConfig"/>.
    /// </summary>
    public int? EndToken { get; init; }

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is not valid or asks for something that is not supported; all problems are listed.</exception>
    public static ModelConfig Load(string path) => ModelConfigReader.Read(path, File.ReadAllBytes(path));

    /// <summary>Writes the config in Hugging Face's layout.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="dtype">Type of the weights beside it: "float32", "float16" or "bfloat16".</param>
    public void Save(string path, string dtype)
    {
        var family = ModelFamily.Find(Family) ?? throw new InvalidOperationException($"The family \"{Family}\" is not known.");
        var root = new JsonObject
        {
            ["architectures"] = new JsonArray(family.Architecture),
            ["model_type"] = Family,
            ["vocab_size"] = VocabularySize,
            ["hidden_size"] = HiddenSize,
            ["intermediate_size"] = IntermediateSize,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = QueryHeads,
            ["num_key_value_heads"] = KeyValueHeads,
            ["head_dim"] = HeadSize,
            ["max_position_embeddings"] = ContextTokens,
            ["rms_norm_eps"] = NormEpsilon,
            ["rope_theta"] = RopeTheta,
            ["tie_word_embeddings"] = TiedHead,
            ["hidden_act"] = "silu",
            ["torch_dtype"] = dtype,
        };
        if (family.MayHaveAttentionBias)
            root["attention_bias"] = OutputBias;
        if (family.MayHaveFeedForwardBias)
            root["mlp_bias"] = FeedForwardBias;
        if (Family.StartsWith("qwen", StringComparison.Ordinal))
            root["use_sliding_window"] = false;
        if (family.SlidingWindow is not null)
            root["sliding_window"] = null;
        if (RopeScaling is { Type: "linear" } linear)
            root["rope_scaling"] = new JsonObject { ["rope_type"] = "linear", ["factor"] = linear.Factor };
        if (RopeScaling is { Type: "llama3" } scaling)
        {
            root["rope_scaling"] = new JsonObject
            {
                ["rope_type"] = "llama3",
                ["factor"] = scaling.Factor,
                ["low_freq_factor"] = scaling.LowFrequencyFactor,
                ["high_freq_factor"] = scaling.HighFrequencyFactor,
                ["original_max_position_embeddings"] = scaling.OriginalContext,
            };
        }

        // Written also when there is none: an absent field would mean the family's default.
        root["bos_token_id"] = BeginToken;
        root["eos_token_id"] = EndToken;
        AtomicFile.WriteText(path, root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Name and shape of every weight of the checkpoint, in the order of the forward pass.</summary>
    internal IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [VocabularySize, HiddenSize]);
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var (name, shape) in LayerTensors())
                yield return ($"model.layers.{layer}.{name}", shape);
        }

        yield return ("model.norm.weight", [HiddenSize]);
        if (!TiedHead)
            yield return ("lm_head.weight", [VocabularySize, HiddenSize]);
    }

    private IEnumerable<(string Name, long[] Shape)> LayerTensors()
    {
        long query = (long)QueryHeads * HeadSize, keyValue = (long)KeyValueHeads * HeadSize;
        (string Name, long Outputs, long Inputs, bool Bias)[] projections =
        [
            ("self_attn.q_proj", query, HiddenSize, QueryKeyValueBias),
            ("self_attn.k_proj", keyValue, HiddenSize, QueryKeyValueBias),
            ("self_attn.v_proj", keyValue, HiddenSize, QueryKeyValueBias),
            ("self_attn.o_proj", HiddenSize, query, OutputBias),
            ("mlp.gate_proj", IntermediateSize, HiddenSize, FeedForwardBias),
            ("mlp.up_proj", IntermediateSize, HiddenSize, FeedForwardBias),
            ("mlp.down_proj", HiddenSize, IntermediateSize, FeedForwardBias),
        ];
        yield return ("input_layernorm.weight", [HiddenSize]);
        foreach (var (name, outputs, inputs, bias) in projections)
        {
            yield return ($"{name}.weight", [outputs, inputs]);
            if (bias)
                yield return ($"{name}.bias", [outputs]);
        }

        if (QueryKeyNorm)
        {
            yield return ("self_attn.q_norm.weight", [HeadSize]);
            yield return ("self_attn.k_norm.weight", [HeadSize]);
        }

        yield return ("post_attention_layernorm.weight", [HiddenSize]);
    }

    /// <summary>Number of weights of the model, embeddings included, without adapters.</summary>
    public long ParameterCount() => Tensors().Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size));
}

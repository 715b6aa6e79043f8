using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Engine.Models;

/// <summary>Scaling of the rotary frequencies, as in the <c>rope_scaling</c> field of config.json.</summary>
/// <param name="Type">"linear" or "llama3".</param>
/// <param name="Factor">By how much the context was stretched.</param>
/// <param name="LowFrequencyFactor">Llama 3 only: wavelengths above original context / this are stretched fully.</param>
/// <param name="HighFrequencyFactor">Llama 3 only: wavelengths below original context / this stay as they are.</param>
/// <param name="OriginalContext">Llama 3 only: tokens of context in pre-training.</param>
public sealed record RopeScaling(string Type, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContext);

/// <summary>The shape of a decoder-only transformer, read from Hugging Face's config.json.</summary>
/// <remarks>Families: qwen2, qwen3 and llama. What is not supported is refused by name before any weight is read.</remarks>
public sealed record ModelConfig
{
    private static readonly string[] SupportedFamilies = ["qwen2", "qwen3", "llama"];

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

    /// <summary>Token that ends a text, or null.</summary>
    public int? EndToken { get; init; }

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is not valid or asks for something that is not supported; all problems are listed.</exception>
    public static ModelConfig Load(string path)
    {
        JsonNode root;
        try
        {
            root = JsonNode.Parse(File.ReadAllText(path)) ?? throw new InvalidDataException($"{path}: empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not valid JSON: {e.Message}", e);
        }

        return new ConfigReader(path, root).Read();
    }

    /// <summary>Writes the config in Hugging Face's layout.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="dtype">Type of the weights beside it: "float32", "float16" or "bfloat16".</param>
    public void Save(string path, string dtype)
    {
        var architecture = Family switch { "qwen2" => "Qwen2ForCausalLM", "qwen3" => "Qwen3ForCausalLM", _ => "LlamaForCausalLM" };
        var root = new JsonObject
        {
            ["architectures"] = new JsonArray(architecture),
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
        if (Family == "llama")
        {
            root["attention_bias"] = QueryKeyValueBias;
            root["mlp_bias"] = FeedForwardBias;
        }
        else
        {
            root["use_sliding_window"] = false;
        }

        if (Family == "qwen3")
            root["attention_bias"] = QueryKeyValueBias;
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

        if (BeginToken is { } begin)
            root["bos_token_id"] = begin;
        if (EndToken is { } end)
            root["eos_token_id"] = end;
        File.WriteAllText(path, root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Number of weights of the model, embeddings included, without adapters.</summary>
    public long ParameterCount()
    {
        long c = HiddenSize, query = (long)QueryHeads * HeadSize, keyValue = (long)KeyValueHeads * HeadSize;
        var attention = c * query * 2 + c * keyValue * 2
            + (QueryKeyValueBias ? query + 2 * keyValue : 0) + (OutputBias ? c : 0) + (QueryKeyNorm ? 2 * HeadSize : 0);
        var feedForward = 3 * c * IntermediateSize + (FeedForwardBias ? 2 * IntermediateSize + c : 0);
        return VocabularySize * c * (TiedHead ? 1 : 2) + Layers * (attention + feedForward + 2 * c) + c;
    }

    private sealed class ConfigReader(string path, JsonNode root)
    {
        private readonly List<string> _problems = [];

        public ModelConfig Read()
        {
            var family = root["model_type"]?.GetValue<string>() ?? "";
            if (!SupportedFamilies.Contains(family))
                throw new InvalidDataException($"{path}: model_type \"{family}\" is not supported; supported: {string.Join(", ", SupportedFamilies)}.");

            RefuseUnsupported();
            var hidden = Positive("hidden_size");
            var heads = Positive("num_attention_heads");
            var config = new ModelConfig
            {
                Family = family,
                VocabularySize = Positive("vocab_size"),
                HiddenSize = hidden,
                IntermediateSize = Positive("intermediate_size"),
                Layers = Positive("num_hidden_layers"),
                QueryHeads = heads,
                KeyValueHeads = Integer("num_key_value_heads") ?? heads,
                HeadSize = Integer("head_dim") ?? hidden / Math.Max(heads, 1),
                ContextTokens = Integer("max_position_embeddings") ?? 2048,
                NormEpsilon = Number("rms_norm_eps") ?? 1e-6,
                RopeTheta = Number("rope_theta") ?? 10_000,
                RopeScaling = ReadScaling(),
                TiedHead = Flag("tie_word_embeddings") ?? false,
                QueryKeyValueBias = family == "qwen2" || (Flag("attention_bias") ?? false),
                OutputBias = family != "qwen2" && (Flag("attention_bias") ?? false),
                FeedForwardBias = family == "llama" && (Flag("mlp_bias") ?? false),
                QueryKeyNorm = family == "qwen3",
                BeginToken = FirstToken("bos_token_id"),
                EndToken = FirstToken("eos_token_id"),
            };
            if (config.KeyValueHeads < 1 || heads % Math.Max(config.KeyValueHeads, 1) != 0)
                _problems.Add($"num_attention_heads ({heads}) must be a multiple of num_key_value_heads ({config.KeyValueHeads})");
            if (_problems.Count > 0)
                throw new InvalidDataException($"{path}: {string.Join("; ", _problems)}.");
            return config;
        }

        private void RefuseUnsupported()
        {
            if (root["hidden_act"]?.GetValue<string>() is { } activation && activation != "silu")
                _problems.Add($"hidden_act \"{activation}\" is not supported (silu is)");
            if (Flag("use_sliding_window") == true)
                _problems.Add("use_sliding_window is not supported");
            if (root["quantization_config"] is not null)
                _problems.Add("quantised checkpoints (quantization_config) are not supported");
            if (root["num_experts"] is not null || root["num_local_experts"] is not null)
                _problems.Add("mixture of experts is not supported");
        }

        private RopeScaling? ReadScaling()
        {
            if (root["rope_scaling"] is not JsonObject scaling)
                return null;
            var type = (scaling["rope_type"] ?? scaling["type"])?.GetValue<string>() ?? "";
            if (type == "default")
                return null;
            if (type is not ("linear" or "llama3"))
                _problems.Add($"rope_scaling type \"{type}\" is not supported (linear and llama3 are)");
            return new RopeScaling(
                type,
                scaling["factor"]?.GetValue<double>() ?? 1,
                scaling["low_freq_factor"]?.GetValue<double>() ?? 1,
                scaling["high_freq_factor"]?.GetValue<double>() ?? 4,
                scaling["original_max_position_embeddings"]?.GetValue<int>() ?? 8192);
        }

        private int Positive(string field)
        {
            if (Integer(field) is { } value and > 0)
                return value;
            _problems.Add($"{field} is missing or not a positive integer");
            return 1;
        }

        private int? Integer(string field) => root[field]?.GetValueKind() == JsonValueKind.Number ? root[field]!.GetValue<int>() : null;

        private double? Number(string field) => root[field]?.GetValueKind() == JsonValueKind.Number ? root[field]!.GetValue<double>() : null;

        private bool? Flag(string field) => root[field]?.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };

        private int? FirstToken(string field) => root[field] switch
        {
            JsonArray { Count: > 0 } several => several[0]!.GetValue<int>(),
            JsonValue one when one.GetValueKind() == JsonValueKind.Number => one.GetValue<int>(),
            _ => null,
        };
    }
}

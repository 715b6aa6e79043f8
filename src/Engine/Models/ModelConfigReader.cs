using System.Text.Json;

namespace Platform.Engine.Models;

/// <summary>Reads config.json; collects everything that is wrong with it before it complains.</summary>
internal sealed class ModelConfigReader
{
    /// <summary>Rows times columns of the rotary table, which has a row for each position of the context.</summary>
    private const long MaxRotaryTable = int.MaxValue;

    private readonly ConfigFields _fields;
    private readonly ModelFamily _family;

    private ModelConfigReader(ConfigFields fields, ModelFamily family) => (_fields, _family) = (fields, family);

    /// <summary>Reads a config.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">Its content.</param>
    /// <exception cref="InvalidDataException">It is not valid, or asks for something that is not supported; all problems are listed.</exception>
    public static ModelConfig Read(string path, byte[] json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not valid JSON: {e.Message}", e);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{path}: must be a JSON object.");
            List<string> problems = [];
            var fields = new ConfigFields(document.RootElement, "", problems);
            var config = new ModelConfigReader(fields, FamilyOf(path, fields)).Read();
            return problems.Count == 0 ? config : throw new InvalidDataException($"{path}: {string.Join("; ", problems)}.");
        }
    }

    private static ModelFamily FamilyOf(string path, ConfigFields fields)
    {
        var name = fields.Text("model_type") ?? "";
        if (ModelFamily.Find(name) is { } family)
            return family;
        var why = name.Contains("moe", StringComparison.Ordinal) || name is "mixtral" or "deepseek_v2" or "deepseek_v3"
            ? "is a mixture of experts, which is not supported"
            : "is not supported";
        throw new InvalidDataException($"{path}: model_type \"{name}\" {why}; supported: {string.Join(", ", ModelFamily.All.Select(f => f.Name))}.");
    }

    private ModelConfig Read()
    {
        var hidden = _fields.Positive("hidden_size", _family.HiddenSize);
        var heads = _fields.Positive("num_attention_heads", _family.QueryHeads);
        var attentionBias = AttentionBias();
        var config = new ModelConfig
        {
            Family = _family.Name,
            VocabularySize = _fields.Positive("vocab_size", _family.VocabularySize),
            HiddenSize = hidden,
            IntermediateSize = _fields.Positive("intermediate_size", _family.IntermediateSize),
            Layers = _fields.Positive("num_hidden_layers", _family.Layers),
            QueryHeads = heads,
            // Absent means the family's default, null as many as query heads.
            KeyValueHeads = _fields.IsNull("num_key_value_heads") ? heads : _fields.Positive("num_key_value_heads", _family.KeyValueHeads ?? heads),
            HeadSize = HeadSize(hidden, heads),
            ContextTokens = _fields.Positive("max_position_embeddings", _family.ContextTokens),
            NormEpsilon = _fields.PositiveNumber("rms_norm_eps", 1e-6),
            RopeTheta = Rope().PositiveNumber("rope_theta", 10_000),
            RopeScaling = Scaling(),
            TiedHead = _fields.Flag("tie_word_embeddings") ?? false,
            QueryKeyValueBias = _family.AlwaysHasQueryKeyValueBias || attentionBias,
            OutputBias = attentionBias,
            FeedForwardBias = FeedForwardBias(),
            QueryKeyNorm = _family.NormalizesQueriesAndKeys,
            BeginToken = Token("bos_token_id", _family.BeginToken),
            EndToken = Token("eos_token_id", _family.EndToken),
        };
        CheckShape(config);
        RefuseUnsupported();
        RefuseSlidingWindow(config);
        return config;
    }

    private int HeadSize(int hidden, int heads)
    {
        if (_fields.Has("head_dim") || (_family.HeadSize is not null && !_fields.IsNull("head_dim")))
            return _fields.Positive("head_dim", _family.HeadSize ?? 0);
        if (hidden % heads != 0)
            _fields.Problem("hidden_size", $"{hidden} is not a multiple of num_attention_heads ({heads}), and head_dim is missing");
        return Math.Max(hidden / heads, 1);
    }

    private bool AttentionBias()
    {
        var asked = _fields.Flag("attention_bias") ?? false;
        if (asked && !_family.MayHaveAttentionBias && !_family.AlwaysHasQueryKeyValueBias)
            _fields.Problem("attention_bias", $"the family {_family.Name} has no bias in its attention; it must be false");
        return asked && _family.MayHaveAttentionBias;
    }

    private bool FeedForwardBias()
    {
        var asked = _fields.Flag("mlp_bias") ?? false;
        if (asked && !_family.MayHaveFeedForwardBias)
            _fields.Problem("mlp_bias", $"the family {_family.Name} has no bias in its feed-forward block; it must be false");
        return asked && _family.MayHaveFeedForwardBias;
    }

    // One number, a list of several (the first is the one that answers are trained with), or null for none.
    private int? Token(string field, int? otherwise) => _fields.Tokens(field) is { } tokens ? tokens.Count > 0 ? tokens[0] : null : otherwise;

    // transformers 5 keeps the base and the scaling together in rope_parameters.
    private ConfigFields Rope() => _fields.Object("rope_parameters") ?? _fields;

    private RopeScaling? Scaling()
    {
        var together = _fields.Object("rope_parameters");
        if ((together ?? _fields.Object("rope_scaling")) is not { } scaling)
            return null;
        var type = scaling.Text("rope_type") ?? scaling.Text("type") ?? (together is null ? "" : "default");
        if (scaling.Has("mrope_section"))
            scaling.Problem("mrope_section", "rotary positions in several dimensions are not supported");
        switch (type)
        {
            case "default":
                return null;
            case "linear":
                return new RopeScaling(type, scaling.RequiredNumber("factor"), 1, 1, 0);
            case "llama3":
                var (low, high) = (scaling.RequiredNumber("low_freq_factor"), scaling.RequiredNumber("high_freq_factor"));
                if (high <= low)
                    scaling.Problem("high_freq_factor", $"{high} must be larger than low_freq_factor ({low})");
                return new RopeScaling(type, scaling.RequiredNumber("factor"), low, high, scaling.Positive("original_max_position_embeddings", null));
            default:
                scaling.Problem("rope_type", $"the rope scaling \"{type}\" is not supported; linear and llama3 are. Without rope scaling the model works up to its original context: remove it in a copy of the folder and lower max_position_embeddings");
                return null;
        }
    }

    private void CheckShape(ModelConfig config)
    {
        if (config.QueryHeads % config.KeyValueHeads != 0)
            _fields.Problem("num_attention_heads", $"{config.QueryHeads} must be a multiple of num_key_value_heads ({config.KeyValueHeads})");
        if (config.HeadSize % 2 != 0)
            _fields.Problem("head_dim", $"{config.HeadSize} is odd; rotary positions need pairs");
        if ((long)config.ContextTokens * config.HeadSize > MaxRotaryTable)
            _fields.Problem("max_position_embeddings", $"{config.ContextTokens} is too long; lower it to at most {MaxRotaryTable / config.HeadSize} in a copy of the folder");
    }

    private void RefuseUnsupported()
    {
        if (_fields.Strings("architectures") is { Count: > 0 } names && !names.Contains(_family.Architecture, StringComparer.OrdinalIgnoreCase))
            _fields.Problem("architectures", $"\"{names[0]}\" is not supported; {_family.Architecture} is");
        if ((_fields.Text("hidden_act") ?? "silu") is not ("silu" or "swish") and var activation)
            _fields.Problem("hidden_act", $"\"{activation}\" is not supported; silu is");
        foreach (var quantisation in (string[])["quantization_config", "compression_config"])
        {
            if (_fields.Has(quantisation))
                _fields.Problem(quantisation, $"quantised checkpoints{Method(quantisation)} are not supported; take the folder that it was made from");
        }

        foreach (var experts in (string[])["num_experts", "num_local_experts", "n_routed_experts", "num_experts_per_tok", "moe_intermediate_size"])
        {
            if (_fields.Has(experts))
                _fields.Problem(experts, "mixture of experts is not supported");
        }

        foreach (var owner in new[] { _fields, _fields.Object("rope_parameters") })
        {
            if (owner?.Number("partial_rotary_factor") is { } share && share != 1)
                owner.Problem("partial_rotary_factor", $"{share} is not supported; heads are rotated whole");
        }

        if (_fields.Flag("rope_interleaved") == true)
            _fields.Problem("rope_interleaved", "is not supported; it must be false");

        string Method(string field) => _fields.Object(field)?.Text("quant_method") is { } method ? $" ({method})" : "";
    }

    /// <summary>A window as long as the context changes nothing, so only a shorter one is refused.</summary>
    private void RefuseSlidingWindow(ModelConfig config)
    {
        var asked = _fields.Flag("use_sliding_window");
        var window = _fields.IsNull("sliding_window") ? null : _fields.Integer("sliding_window") ?? _family.SlidingWindow ?? (asked == true ? 4_096 : null);
        var kinds = _fields.Strings("layer_types");
        var inUse = kinds is not null
            ? kinds.Any(kind => kind != "full_attention")
            : asked ?? (_family.Name is "mistral" or "llama");
        // The first max_window_layers layers of these families look at everything.
        if (kinds is null && asked == true && _family.Name.StartsWith("qwen", StringComparison.Ordinal) && _fields.Integer("max_window_layers") is { } full && full >= config.Layers)
            inUse = false;
        if (kinds?.FirstOrDefault(kind => kind is not ("full_attention" or "sliding_attention")) is { } unknown)
            _fields.Problem("layer_types", $"\"{unknown}\" is not supported; full_attention is");
        else if (inUse && window is { } tokens && tokens < config.ContextTokens)
            _fields.Problem("sliding_window", $"the sliding window of {tokens} tokens is in use (context {config.ContextTokens}), which is not supported. Up to {tokens} tokens it changes nothing: set max_position_embeddings to {tokens} in a copy of the folder");
    }
}

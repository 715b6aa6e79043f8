namespace Platform.Engine.Models;

/// <summary>
/// What the config.json of a family means where it is silent: the defaults of the configuration classes in Hugging Face's transformers
/// (https://github.com/huggingface/transformers, <c>configuration_*.py</c>).
/// </summary>
/// <param name="Name">config.json's <c>model_type</c>.</param>
/// <param name="Architecture">The class name in config.json's <c>architectures</c>.</param>
internal sealed record ModelFamily(string Name, string Architecture)
{
    /// <summary>The supported families.</summary>
    public static readonly IReadOnlyList<ModelFamily> All =
    [
        new("qwen2", "Qwen2ForCausalLM")
        {
            VocabularySize = 151_936, IntermediateSize = 22_016, KeyValueHeads = 32, ContextTokens = 32_768, AlwaysHasQueryKeyValueBias = true,
        },
        new("qwen3", "Qwen3ForCausalLM")
        {
            VocabularySize = 151_936, IntermediateSize = 22_016, KeyValueHeads = 32, ContextTokens = 32_768, HeadSize = 128,
            NormalizesQueriesAndKeys = true, MayHaveAttentionBias = true,
        },
        new("llama", "LlamaForCausalLM")
        {
            VocabularySize = 32_000, IntermediateSize = 11_008, ContextTokens = 2_048, BeginToken = 1, EndToken = 2,
            MayHaveAttentionBias = true, MayHaveFeedForwardBias = true,
        },
        new("mistral", "MistralForCausalLM")
        {
            VocabularySize = 32_000, IntermediateSize = 14_336, KeyValueHeads = 8, ContextTokens = 131_072, BeginToken = 1, EndToken = 2,
            SlidingWindow = 4_096,
        },
    ];

    /// <summary>Default of <c>vocab_size</c>.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Default of <c>hidden_size</c>.</summary>
    public int HiddenSize { get; init; } = 4_096;

    /// <summary>Default of <c>intermediate_size</c>.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Default of <c>num_hidden_layers</c>.</summary>
    public int Layers { get; init; } = 32;

    /// <summary>Default of <c>num_attention_heads</c>.</summary>
    public int QueryHeads { get; init; } = 32;

    /// <summary>Default of <c>num_key_value_heads</c> when the field is absent; null for as many as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Default of <c>head_dim</c>; null for hidden size / query heads.</summary>
    public int? HeadSize { get; init; }

    /// <summary>Default of <c>max_position_embeddings</c>.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Default of <c>bos_token_id</c>.</summary>
    public int? BeginToken { get; init; }

    /// <summary>Default of <c>eos_token_id</c>.</summary>
    public int? EndToken { get; init; }

    /// <summary>Default of <c>sliding_window</c> in a family that has one without being asked.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>The q, k and v projections have a bias whatever the config says (qwen2).</summary>
    public bool AlwaysHasQueryKeyValueBias { get; init; }

    /// <summary>Heeds <c>attention_bias</c>, which means q, k, v and the output projection.</summary>
    public bool MayHaveAttentionBias { get; init; }

    /// <summary>Heeds <c>mlp_bias</c>.</summary>
    public bool MayHaveFeedForwardBias { get; init; }

    /// <summary>Queries and keys are normalised per head.</summary>
    public bool NormalizesQueriesAndKeys { get; init; }

    /// <summary>The family of a name, or null.</summary>
    public static ModelFamily? Find(string name) => All.FirstOrDefault(family => family.Name == name);
}

using System.Text.Json.Nodes;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;

namespace Platform.Engine.Tests.Models;

public sealed class ModelConfigTests
{
    /// <summary>What is asked for, and what the refusal must say.</summary>
    public static TheoryData<string, string, string[]> Refused => new()
    {
        { """{"model_type":"gemma"}""", "another family", ["model_type \"gemma\"", "qwen2, qwen3, llama, mistral"] },
        { """{"hidden_size":8}""", "no family", ["model_type \"\""] },
        { """{"model_type":"qwen3_moe"}""", "experts by family", ["qwen3_moe", "mixture of experts"] },
        { """{"model_type":"mixtral"}""", "experts by family", ["mixtral", "mixture of experts"] },
        { Llama("\"num_local_experts\":8"), "experts by field", ["num_local_experts", "mixture of experts"] },
        { Llama("\"quantization_config\":{\"quant_method\":\"gptq\",\"bits\":4}"), "quantised", ["quantization_config", "gptq", "take the folder that it was made from"] },
        { """{"model_type":"mistral"}""", "the family's own window", ["sliding_window", "4096 tokens", "set max_position_embeddings to 4096"] },
        { """{"model_type":"mistral","sliding_window":512,"max_position_embeddings":1024}""", "window", ["sliding window of 512 tokens is in use"] },
        { """{"model_type":"qwen2","use_sliding_window":true,"sliding_window":64,"max_window_layers":16}""", "window in upper layers", ["sliding window of 64"] },
        { """{"model_type":"qwen2","layer_types":["full_attention","sliding_attention"],"sliding_window":64}""", "window by layer", ["sliding window of 64"] },
        { """{"model_type":"qwen3","layer_types":["full_attention","linear_attention"]}""", "other attention", ["layer_types", "linear_attention"] },
        { Llama("\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4}"), "yarn", ["rope_scaling.rope_type", "\"yarn\"", "linear and llama3"] },
        { Llama("\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":4}"), "dynamic", ["\"dynamic\""] },
        { Llama("\"rope_scaling\":{\"factor\":4}"), "no type", ["rope_scaling.rope_type"] },
        { Llama("\"rope_scaling\":{\"type\":\"linear\"}"), "no factor", ["rope_scaling.factor: is missing"] },
        { Llama("\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8}"), "llama3 without bounds", ["low_freq_factor", "high_freq_factor", "original_max_position_embeddings"] },
        { Llama("\"rope_parameters\":{\"rope_type\":\"longrope\",\"rope_theta\":1e4}"), "new layout", ["rope_parameters.rope_type", "longrope"] },
        { Llama("\"partial_rotary_factor\":0.5"), "part of a head", ["partial_rotary_factor"] },
        { Llama("\"rope_interleaved\":true"), "interleaved", ["rope_interleaved"] },
        { """{"model_type":"mistral","sliding_window":null,"attention_bias":true}""", "bias", ["attention_bias", "mistral"] },
        { """{"model_type":"qwen3","mlp_bias":true}""", "bias", ["mlp_bias", "qwen3"] },
        { Llama("\"hidden_act\":\"gelu\""), "activation", ["hidden_act", "gelu"] },
        { Llama("\"architectures\":[\"LlamaForSequenceClassification\"]"), "another head", ["LlamaForSequenceClassification", "LlamaForCausalLM is"] },
        { Llama("\"num_attention_heads\":6,\"num_key_value_heads\":4"), "groups", ["num_attention_heads: 6 must be a multiple of num_key_value_heads (4)"] },
        { Llama("\"num_attention_heads\":3"), "heads", ["hidden_size: 8 is not a multiple"] },
        { Llama("\"head_dim\":5"), "odd", ["head_dim: 5 is odd"] },
        { Llama("\"num_hidden_layers\":0"), "zero", ["num_hidden_layers: must be at least 1"] },
        { Llama("\"vocab_size\":\"many\""), "type", ["vocab_size: must be a whole number, not \"many\""] },
        { Llama("\"tie_word_embeddings\":\"yes\""), "type", ["tie_word_embeddings: must be true or false"] },
        { Llama("\"eos_token_id\":\"</s>\""), "type", ["eos_token_id"] },
        { Llama("\"max_position_embeddings\":2000000000"), "too long", ["max_position_embeddings", "lower it"] },
        { "[1]", "no object", ["JSON object"] },
        { "{", "no JSON", ["not valid JSON"] },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void LoadModel_UnsupportedConfig_IsRefusedByNameBeforeAnyWeight(string config, string what, string[] expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), config);
        // Not even a safetensors file: whoever looks at it says so instead.
        File.WriteAllText(folder.File("model.safetensors"), "no weights");

        var problem = Assert.Throws<InvalidDataException>(() => HuggingFaceFolder.LoadModel(folder.Path));

        Assert.All(expected, text => Assert.Contains(text, problem.Message, StringComparison.Ordinal));
        Assert.StartsWith(folder.File("config.json"), problem.Message, StringComparison.Ordinal);
        Assert.False(problem.Message.Contains("safetensors", StringComparison.Ordinal), what);
    }

    [Fact]
    public void Load_SeveralProblems_NamesAll()
    {
        var problem = Assert.Throws<InvalidDataException>(() => Load(Llama("\"hidden_act\":\"gelu\",\"head_dim\":3,\"num_local_experts\":2")));

        Assert.All((string[])["hidden_act", "head_dim", "num_local_experts"], field => Assert.Contains(field, problem.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"model_type":"mistral","sliding_window":null}""")]
    [InlineData("""{"model_type":"mistral","sliding_window":4096,"max_position_embeddings":4096}""")]
    [InlineData("""{"model_type":"qwen2","use_sliding_window":false,"sliding_window":64}""")]
    [InlineData("""{"model_type":"qwen2","use_sliding_window":true,"sliding_window":64,"max_window_layers":32}""")]
    [InlineData("""{"model_type":"qwen3","layer_types":["full_attention","full_attention"],"sliding_window":null}""")]
    public void Load_SlidingWindowNotInUse_IsAccepted(string config) => Load(config);

    [Theory]
    [InlineData("qwen2", 151_936, 22_016, 32, 128, 32_768)]
    [InlineData("qwen3", 151_936, 22_016, 32, 128, 32_768)]
    [InlineData("llama", 32_000, 11_008, 32, 128, 2_048)]
    public void Load_OnlyTheFamily_TakesItsDefaults(string family, int vocabulary, int intermediate, int keyValueHeads, int headSize, int context)
    {
        var config = Load($$"""{"model_type":"{{family}}"}""");

        Assert.Equal((vocabulary, intermediate, keyValueHeads, headSize, context), (config.VocabularySize, config.IntermediateSize, config.KeyValueHeads, config.HeadSize, config.ContextTokens));
        Assert.Equal((4_096, 32, 32, 1e-6, 10_000.0, false), (config.HiddenSize, config.Layers, config.QueryHeads, config.NormEpsilon, config.RopeTheta, config.TiedHead));
    }

    [Fact]
    public void Load_HeadDimOfQwen3_DoesNotFollowTheHiddenSize()
    {
        Assert.Equal(128, Load("""{"model_type":"qwen3","hidden_size":1024,"num_attention_heads":16,"num_key_value_heads":8}""").HeadSize);
        Assert.Equal(64, Load("""{"model_type":"qwen2","hidden_size":1024,"num_attention_heads":16,"num_key_value_heads":8}""").HeadSize);
    }

    /// <summary>The fields that the published files of these models have.</summary>
    [Theory]
    [InlineData("""{"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":0,"eos_token_id":0,"hidden_act":"silu","hidden_size":576,"initializer_range":0.02,"intermediate_size":1536,"is_llama_config":true,"max_position_embeddings":8192,"model_type":"llama","num_attention_heads":9,"num_hidden_layers":30,"num_key_value_heads":3,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_interleaved":false,"rope_scaling":null,"rope_theta":100000,"tie_word_embeddings":true,"torch_dtype":"bfloat16","use_cache":true,"vocab_size":49152}""", 134_515_008)]
    [InlineData("""{"architectures":["LlamaForCausalLM"],"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu","hidden_size":2048,"intermediate_size":5632,"max_position_embeddings":2048,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":22,"num_key_value_heads":4,"rms_norm_eps":1e-05,"rope_scaling":null,"tie_word_embeddings":false,"torch_dtype":"float32","vocab_size":32000}""", 1_100_048_384)]
    [InlineData("""{"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151645,"hidden_act":"silu","hidden_size":896,"intermediate_size":4864,"max_position_embeddings":32768,"max_window_layers":21,"model_type":"qwen2","num_attention_heads":14,"num_hidden_layers":24,"num_key_value_heads":2,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":32768,"tie_word_embeddings":true,"torch_dtype":"bfloat16","use_sliding_window":false,"vocab_size":151936}""", 494_032_768)]
    [InlineData("""{"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"bos_token_id":151643,"eos_token_id":151645,"head_dim":128,"hidden_act":"silu","hidden_size":1024,"intermediate_size":3072,"max_position_embeddings":40960,"max_window_layers":28,"model_type":"qwen3","num_attention_heads":16,"num_hidden_layers":28,"num_key_value_heads":8,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":true,"use_sliding_window":false,"vocab_size":151936}""", 596_049_920)]
    [InlineData("""{"architectures":["LlamaForCausalLM"],"attention_bias":false,"bos_token_id":128000,"eos_token_id":[128001,128008,128009],"head_dim":64,"hidden_act":"silu","hidden_size":2048,"intermediate_size":8192,"max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":16,"num_key_value_heads":8,"rms_norm_eps":1e-05,"rope_scaling":{"factor":32.0,"high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},"rope_theta":500000.0,"tie_word_embeddings":true,"vocab_size":128256}""", 1_235_814_400)]
    [InlineData("""{"architectures":["MistralForCausalLM"],"attention_dropout":0.0,"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu","hidden_size":4096,"intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mistral","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"rms_norm_eps":1e-05,"rope_theta":1000000.0,"sliding_window":null,"tie_word_embeddings":false,"vocab_size":32768}""", 7_248_023_552)]
    public void Load_PublishedConfig_HasThePublishedNumberOfWeights(string config, long parameters) => Assert.Equal(parameters, Load(config).ParameterCount());

    [Fact]
    public void GenerationConfig_WinsOverTheConfig_AndKeepsEveryEnd()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), Llama("\"eos_token_id\":[2,3],\"bos_token_id\":1"));

        Assert.Equal([2, 3], GenerationConfig.Load(folder.Path).EndTokens);

        File.WriteAllText(folder.File("generation_config.json"), """{"eos_token_id":[4,5,6],"do_sample":true,"temperature":0.6,"top_p":0.9,"top_k":20}""");
        var generation = GenerationConfig.Load(folder.Path);

        Assert.Equal([4, 5, 6], generation.EndTokens);
        Assert.Equal((1, true, 0.6, 0.9, 20), (generation.BeginToken, generation.Samples, generation.Temperature, generation.TopP, generation.TopK));
    }

    [Fact]
    public void GenerationConfig_WrongType_NamesFileAndField()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), Llama("\"eos_token_id\":2"));
        File.WriteAllText(folder.File("generation_config.json"), """{"temperature":"hot"}""");

        var problem = Assert.Throws<InvalidDataException>(() => GenerationConfig.Load(folder.Path));

        Assert.Contains("generation_config.json: temperature", problem.Message, StringComparison.Ordinal);
    }

    private static ModelConfig Load(string config)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), config);
        return ModelConfig.Load(folder.File("config.json"));
    }

    // A small shape; what is given comes last and wins.
    private static string Llama(string fields)
    {
        var config = JsonNode.Parse("""{"model_type":"llama","vocab_size":16,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2}""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse($"{{{fields}}}")!.AsObject())
            config[name] = value?.DeepClone();
        return config.ToJsonString();
    }
}

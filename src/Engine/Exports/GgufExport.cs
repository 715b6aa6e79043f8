using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using static TorchSharp.torch;

namespace Platform.Engine.Exports;

/// <summary>How a GGUF file's matrices are stored; norms and biases are always float32.</summary>
public enum GgufType
{
    /// <summary>32-bit floating point.</summary>
    F32,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>bfloat16: float32's range with 8 bits of precision.</summary>
    BF16,

    /// <summary>8-bit integers in blocks of 32 with a float16 scale. Matrices whose rows are no multiple of 32 are stored as float16.</summary>
    Q8,
}

/// <summary>Writes a model for llama.cpp and what is built on it: one GGUF file with weights, shape and tokenizer.</summary>
public static class GgufExport
{
    // general.file_type, as llama.cpp numbers them.
    private static readonly Dictionary<GgufType, (GgufTensorType Tensors, int FileType)> Types = new()
    {
        [GgufType.F32] = (GgufTensorType.F32, 0),
        [GgufType.F16] = (GgufTensorType.F16, 1),
        [GgufType.Q8] = (GgufTensorType.Q8_0, 7),
        [GgufType.BF16] = (GgufTensorType.BF16, 32),
    };

    /// <summary>Writes a GGUF file; one that is there is replaced whole or not at all.</summary>
    /// <param name="model">Hugging Face folder.</param>
    /// <param name="adapter">PEFT folder to merge into the weights, or null.</param>
    /// <param name="type">How matrices are stored; null for the type that the model is stored in.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="cancellationToken">Checked before each tensor; nothing is left behind then.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="InvalidDataException">A folder is damaged, or llama.cpp cannot run such a model; the message names file and field.</exception>
    public static ExportReport Write(string model, string? adapter, GgufType? type, string path, CancellationToken cancellationToken = default)
    {
        using var weights = MergedWeights.Open(model, adapter);
        var config = weights.Config;
        RefuseUnsupported(model, config);
        var architecture = Architecture(config);
        var asked = type ?? weights.StoredType switch
        {
            ScalarType.Float16 => GgufType.F16,
            ScalarType.BFloat16 => GgufType.BF16,
            _ => GgufType.F32,
        };
        var (tensorType, fileType) = Types[asked];
        var file = new GgufFile();
        file.Add("general.architecture", architecture);
        file.Add("general.type", "model");
        file.Add("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))));
        file.Add("general.file_type", fileType);
        if (asked == GgufType.Q8)
            file.Add("general.quantization_version", 2);
        AddShape(file, architecture, config);
        GgufTokenizer.Add(file, model, config);
        new GgufTensors(weights, architecture == "llama", tensorType).AddTo(file);
        file.Write(path, cancellationToken);
        return new ExportReport(path, [path], config.ParameterCount(), new FileInfo(path).Length);
    }

    /// <summary>Writes an adapter for a model that <see cref="Write"/> wrote; llama.cpp's server uses it for the requests that ask for it.</summary>
    /// <param name="model">Hugging Face folder of the model that the adapter is for.</param>
    /// <param name="adapter">PEFT folder.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="cancellationToken">Checked before each tensor; nothing is left behind then.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="InvalidDataException">A folder is damaged, or the adapter is for another model.</exception>
    public static ExportReport WriteAdapter(string model, string adapter, string path, CancellationToken cancellationToken = default)
    {
        var config = HuggingFaceFolder.LoadConfig(model);
        RefuseUnsupported(model, config);
        using var weights = PeftWeights.Open(adapter, config);
        var architecture = Architecture(config);
        var file = new GgufFile();
        file.Add("general.architecture", architecture);
        file.Add("general.type", "adapter");
        file.Add("adapter.type", "lora");
        file.Add("adapter.lora.alpha", weights.Alpha);
        GgufTensors.AddTo(file, weights, config, architecture == "llama");
        file.Write(path, cancellationToken);
        return new ExportReport(path, [path], weights.Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)), new FileInfo(path).Length);
    }

    /// <summary>llama.cpp knows Mistral as a llama: the same computation.</summary>
    private static string Architecture(ModelConfig config) => config.Family == "mistral" ? "llama" : config.Family;

    private static void AddShape(GgufFile file, string architecture, ModelConfig config)
    {
        file.Add($"{architecture}.vocab_size", config.VocabularySize);
        file.Add($"{architecture}.context_length", config.ContextTokens);
        file.Add($"{architecture}.embedding_length", config.HiddenSize);
        file.Add($"{architecture}.block_count", config.Layers);
        file.Add($"{architecture}.feed_forward_length", config.IntermediateSize);
        file.Add($"{architecture}.attention.head_count", config.QueryHeads);
        file.Add($"{architecture}.attention.head_count_kv", config.KeyValueHeads);
        file.Add($"{architecture}.attention.key_length", config.HeadSize);
        file.Add($"{architecture}.attention.value_length", config.HeadSize);
        file.Add($"{architecture}.attention.layer_norm_rms_epsilon", config.NormEpsilon);
        file.Add($"{architecture}.rope.dimension_count", config.HeadSize);
        file.Add($"{architecture}.rope.freq_base", config.RopeTheta);
        if (config.RopeScaling is { Type: "linear" } linear)
        {
            file.Add($"{architecture}.rope.scaling.type", "linear");
            file.Add($"{architecture}.rope.scaling.factor", linear.Factor);
        }
    }

    private static void RefuseUnsupported(string model, ModelConfig config)
    {
        var problem = config switch
        {
            { Family: "qwen3", OutputBias: true } => "attention_bias in a qwen3 model",
            { Family: "qwen2" or "qwen3", RopeScaling.Type: "llama3" } => $"rope scaling llama3 in a {config.Family} model",
            _ => null,
        };
        if (problem is not null)
            throw new InvalidDataException($"{model}: llama.cpp does not know {problem}; export this model as a Hugging Face folder instead.");
    }
}

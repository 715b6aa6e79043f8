using Platform.Engine.Models;
using Platform.Engine.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>A model as Hugging Face publishes it: config.json, model.safetensors (or shards with an index), tokenizer.json.</summary>
public static class HuggingFaceFolder
{
    private const string SingleFile = "model.safetensors";

    /// <summary>Loads the model's weights.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to put it; the CPU when null.</param>
    /// <param name="dtype">Type of the weights in memory.</param>
    /// <exception cref="InvalidDataException">A file is missing, malformed or does not fit the config; the message names the tensors.</exception>
    public static CausalLanguageModel LoadModel(string folder, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        var config = LoadConfig(folder);
        using var weights = WeightFolder.Open(folder, config);
        var model = new CausalLanguageModel(config, device);
        try
        {
            // Before the weights are there: a model in bfloat16 never takes the memory of one in float32.
            if (dtype != ScalarType.Float32)
                model.to(dtype);
            Fill(model, weights);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads a folder's config.json.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataException">It is missing, not valid, or asks for something that is not supported.</exception>
    public static ModelConfig LoadConfig(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        return File.Exists(path) ? ModelConfig.Load(path) : throw new InvalidDataException($"{folder} is not a model folder: config.json is missing.");
    }

    /// <summary>Overwrites a model's weights by those of a folder of the same shape.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder.</param>
    public static void LoadWeights(CausalLanguageModel model, string folder)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var weights = WeightFolder.Open(folder, model.Config);
        Fill(model, weights);
    }

    /// <summary>Saves model and tokenizer.</summary>
    /// <param name="folder">The folder; created when missing.</param>
    /// <param name="model">The model, adapters not included.</param>
    /// <param name="tokenizer">Its tokenizer, or null to leave the folder's as it is.</param>
    /// <param name="dtype">Type of the stored weights.</param>
    public static void Save(string folder, CausalLanguageModel model, Tokenizer? tokenizer, ScalarType dtype = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(model);
        Directory.CreateDirectory(folder);
        var name = dtype switch
        {
            ScalarType.Float32 => "float32",
            ScalarType.Float16 => "float16",
            ScalarType.BFloat16 => "bfloat16",
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Weights are stored as Float32, Float16 or BFloat16."),
        };
        model.Config.Save(Path.Combine(folder, "config.json"), name);
        using (no_grad())
        {
            var tensors = model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal)
                .Select(p => new TensorSource(p.name, dtype, p.parameter.shape, () => p.parameter.to(dtype))).ToList();
            Safetensors.Write(Path.Combine(folder, SingleFile), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        }

        tokenizer?.Save(folder);
    }

    private static void Fill(CausalLanguageModel model, WeightFolder weights)
    {
        using var noGrad = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
        {
            using var scope = NewDisposeScope();
            parameter.copy_(weights.Read(name));
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Engine.Models;
using Platform.Engine.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>A model as Hugging Face publishes it: config.json, model.safetensors (or shards with an index), tokenizer.json.</summary>
public static class HuggingFaceFolder
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    /// <summary>Loads the model's weights.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to put it; the CPU when null.</param>
    /// <param name="dtype">Type of the weights in memory.</param>
    /// <exception cref="InvalidDataException">A file is missing, malformed or does not fit the config; the message names the tensors.</exception>
    public static CausalLanguageModel LoadModel(string folder, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        var configPath = Path.Combine(folder, "config.json");
        if (!File.Exists(configPath))
            throw new InvalidDataException($"{folder} is not a model folder: config.json is missing.");
        var config = ModelConfig.Load(configPath);
        var model = new CausalLanguageModel(config, device);
        try
        {
            LoadWeights(model, folder);
            if (dtype != ScalarType.Float32)
                model.to(dtype);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Overwrites a model's weights by those of a folder of the same shape.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder.</param>
    public static void LoadWeights(CausalLanguageModel model, string folder)
    {
        ArgumentNullException.ThrowIfNull(model);
        var missing = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        using var noGrad = no_grad();
        foreach (var file in WeightFiles(folder))
        {
            Safetensors.Read(file, (name, stored) =>
            {
                if (!missing.Remove(name, out var parameter))
                {
                    // Tied checkpoints sometimes store the head again, and some store the rotary table.
                    if (name == "lm_head.weight" || name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal))
                        return;
                    throw new InvalidDataException($"{file}: unexpected tensor {name}.");
                }

                if (!stored.shape.SequenceEqual(parameter.shape))
                    throw new InvalidDataException($"{file}: tensor {name} is [{string.Join(", ", stored.shape)}]; config.json asks for [{string.Join(", ", parameter.shape)}].");
                parameter.copy_(stored);
            });
        }

        if (missing.Count > 0)
            throw new InvalidDataException($"{folder}: {missing.Count} tensors are missing, first {missing.Keys.Order().First()}.");
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
        using (NewDisposeScope())
        using (no_grad())
        {
            var tensors = model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal).Select(p => (p.name, p.parameter.to(dtype))).ToList();
            Safetensors.Write(Path.Combine(folder, SingleFile), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        }

        tokenizer?.Save(folder);
    }

    private static IEnumerable<string> WeightFiles(string folder)
    {
        var single = Path.Combine(folder, SingleFile);
        if (File.Exists(single))
            return [single];
        var index = Path.Combine(folder, IndexFile);
        if (!File.Exists(index))
            throw new InvalidDataException($"{folder} has no {SingleFile} and no {IndexFile}.");
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(File.ReadAllText(index));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{index}: not valid JSON: {e.Message}", e);
        }

        var map = root?["weight_map"] as JsonObject ?? throw new InvalidDataException($"{index}: weight_map is missing.");
        // A shard's name is data from outside: only its last part counts, so that an index cannot point out of its folder.
        return map.Select(entry => Path.Combine(folder, Path.GetFileName(entry.Value!.GetValue<string>()))).Distinct();
    }
}

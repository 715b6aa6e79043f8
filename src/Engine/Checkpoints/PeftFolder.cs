using System.Text.Json.Nodes;
using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>An adapter in the layout of Hugging Face's PEFT library: adapter_config.json and adapter_model.safetensors.</summary>
public static class PeftFolder
{
    private const string ConfigFile = "adapter_config.json";
    private const string WeightsFile = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";

    /// <summary>Saves an adapter.</summary>
    /// <param name="folder">The folder; created when missing.</param>
    /// <param name="adapter">The adapter.</param>
    public static void Save(string folder, LoraAdapter adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        var modules = adapter.NamedParameters().Select(p => p.Name.Split('.')[^3]).Distinct().Order(StringComparer.Ordinal);
        var config = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["r"] = adapter.Rank,
            ["lora_alpha"] = adapter.Alpha,
            ["lora_dropout"] = 0.0,
            ["bias"] = "none",
            ["target_modules"] = new JsonArray([.. modules.Select(m => (JsonNode)m)]),
        };
        using var scope = NewDisposeScope();
        Safetensors.Write(Path.Combine(folder, WeightsFile), [.. adapter.NamedParameters().Select(p => (Prefix + p.Name, (Tensor)p.Parameter))]);
        AtomicFile.WriteText(Path.Combine(folder, ConfigFile), config.ToJsonString() + "\n");
    }

    /// <summary>Loads an adapter for a model.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="model">The model that it was trained on.</param>
    /// <exception cref="InvalidDataException">A file is missing or does not fit the model.</exception>
    public static LoraAdapter Load(string folder, CausalLanguageModel model)
    {
        var path = Path.Combine(folder, ConfigFile);
        if (!File.Exists(path))
            throw new InvalidDataException($"{folder} is not an adapter folder: {ConfigFile} is missing.");
        var config = JsonNode.Parse(File.ReadAllText(path));
        if (config?["r"] is not { } rank || config["lora_alpha"] is not { } alpha)
            throw new InvalidDataException($"{path}: r and lora_alpha are required.");
        var adapter = new LoraAdapter(model, rank.GetValue<int>(), alpha.GetValue<double>(), seed: 0);
        try
        {
            LoadWeights(adapter, Path.Combine(folder, WeightsFile));
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    private static void LoadWeights(LoraAdapter adapter, string file)
    {
        var missing = adapter.NamedParameters().ToDictionary(p => Prefix + p.Name, p => p.Parameter);
        using var noGrad = no_grad();
        Safetensors.Read(file, (name, stored) =>
        {
            if (!missing.Remove(name, out var parameter) || !stored.shape.SequenceEqual(parameter.shape))
                throw new InvalidDataException($"{file}: tensor {name} [{string.Join(", ", stored.shape)}] does not fit the model.");
            parameter.copy_(stored);
        });
        if (missing.Count > 0)
            throw new InvalidDataException($"{file}: {missing.Count} tensors are missing, first {missing.Keys.Order().First()}.");
    }
}

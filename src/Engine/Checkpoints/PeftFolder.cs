using System.Text.Json.Nodes;
using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>An adapter in the layout of Hugging Face's PEFT library: adapter_config.json and adapter_model.safetensors.</summary>
public static class PeftFolder
{
    /// <summary>Saves an adapter.</summary>
    /// <param name="folder">The folder; created when missing.</param>
    /// <param name="adapter">The adapter.</param>
    public static void Save(string folder, LoraAdapter adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        using var scope = NewDisposeScope();
        Safetensors.Write(Path.Combine(folder, PeftWeights.WeightsFile), [.. adapter.NamedParameters().Select(p => (PeftWeights.Prefix + p.Name, (Tensor)p.Parameter))]);
        WriteConfig(folder, adapter.Rank, adapter.Alpha, adapter.Options.Dropout, adapter.TargetModules);
    }

    /// <summary>Writes adapter_config.json with the fields that PEFT's LoraConfig needs.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α.</param>
    /// <param name="dropout">What it was trained with.</param>
    /// <param name="modules">Last or whole names of the adapted modules, for instance "q_proj".</param>
    internal static void WriteConfig(string folder, int rank, double alpha, double dropout, IEnumerable<string> modules)
    {
        var config = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = null, // the caller of PEFT passes the model
            ["inference_mode"] = true,
            ["r"] = rank,
            ["lora_alpha"] = alpha,
            ["lora_dropout"] = dropout,
            ["fan_in_fan_out"] = false,
            ["bias"] = "none",
            ["target_modules"] = new JsonArray([.. modules.Select(m => (JsonNode)m)]),
        };
        AtomicFile.WriteText(Path.Combine(folder, PeftWeights.ConfigFile), config.ToJsonString() + "\n");
    }

    /// <summary>Rank of an adapter.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">Of the model that it is for.</param>
    /// <exception cref="InvalidDataException">A file is missing or damaged, or the adapter does not fit the model.</exception>
    public static int RankOf(string folder, ModelConfig config)
    {
        using var weights = PeftWeights.Open(folder, config);
        return weights.Rank;
    }

    /// <summary>Loads an adapter for a model.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="model">The model that it was trained on.</param>
    /// <exception cref="InvalidDataException">A file is missing or does not fit the model.</exception>
    public static LoraAdapter Load(string folder, CausalLanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var weights = PeftWeights.Open(folder, model.Config);
        var adapter = new LoraAdapter(model, new LoraOptions { Rank = weights.Rank, Alpha = weights.Alpha, Dropout = weights.Dropout, Seed = 0 }, weights.Has);
        try
        {
            Fill(adapter, weights);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    private static void Fill(LoraAdapter adapter, PeftWeights weights)
    {
        using var noGrad = no_grad();
        foreach (var (name, parameter) in adapter.NamedParameters())
        {
            using var scope = NewDisposeScope();
            parameter.copy_(weights.Read(name)!);
        }
    }
}

using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Tests.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Exports;

/// <summary>Model and adapter folders to export from.</summary>
internal static class ExportFolder
{
    /// <summary>A random model with the tests' tokenizer.</summary>
    public static PublishedShape Shape(string family, PublishedScaling? scaling = null, bool tied = false, bool bias = false, int headSize = 16) => new(
        family, TinyModel.Tokenizer.VocabularySize, 64, 96, 2, 4, 2, headSize, 10_000, 1e-6, tied, bias && family != "mistral" && family != "qwen2", bias && family == "llama", scaling, false);

    /// <summary>Writes a model as published, with tokenizer.</summary>
    public static Dictionary<string, float[]> WriteModel(string folder, PublishedShape shape, int seed = 5, float spread = 0.3f, string type = "F32")
    {
        var weights = shape.Weights(seed);
        foreach (var (name, values) in weights)
        {
            if (!name.EndsWith("norm.weight", StringComparison.Ordinal))
                weights[name] = [.. values.Select(value => value * spread)];
        }

        var config = shape.Config();
        config["eos_token_id"] = 0;
        config["bos_token_id"] = null;
        config["unknown_to_the_engine"] = "kept";
        PublishedFolder.Write(folder, config, shape.Tensors(), weights, type, shards: 2);
        TinyModel.Tokenizer.Save(folder);
        return weights;
    }

    /// <summary>Writes an adapter whose change is far from nothing.</summary>
    public static void WriteAdapter(string folder, string model)
    {
        using var loaded = HuggingFaceFolder.LoadModel(model);
        using var adapter = new LoraAdapter(loaded, rank: 3, alpha: 6, seed: 2);
        using (no_grad())
        using (NewDisposeScope())
        {
            using var generator = new Generator(11);
            foreach (var (name, parameter) in adapter.NamedParameters())
            {
                if (name.EndsWith("lora_B.weight", StringComparison.Ordinal))
                    parameter.copy_(randn(parameter.shape, generator: generator).mul(0.3));
            }
        }

        PeftFolder.Save(folder, adapter);
    }

    /// <summary>Logits behind some tokens, with an adapter in use or without.</summary>
    public static float[] Logits(string model, string? adapter, params int[] ids)
    {
        using var loaded = HuggingFaceFolder.LoadModel(model);
        using var used = adapter is null ? null : PeftFolder.Load(adapter, loaded);
        using var scope = used?.Use(loaded);
        return loaded.LastLogits(ids);
    }
}

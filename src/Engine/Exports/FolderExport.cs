using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Exports;

/// <summary>Writes folders that Hugging Face's libraries load: a merged model, or an adapter in PEFT's layout.</summary>
public static class FolderExport
{
    /// <summary>What a published model has beside config and weights; what is there is taken along unchanged.</summary>
    private static readonly string[] Companions =
    [
        "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "generation_config.json", "chat_template.jinja", "chat_template.json", "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE", "USE_POLICY.md",
    ];

    /// <summary>Writes a model with an adapter merged into it as a Hugging Face folder. The folder appears when it is complete.</summary>
    /// <param name="model">Hugging Face folder.</param>
    /// <param name="adapter">PEFT folder to merge, or null for a copy in another type.</param>
    /// <param name="type">Float32, Float16 or BFloat16; null for the type that the model is stored in.</param>
    /// <param name="folder">The folder to write; it must not exist, or be empty.</param>
    /// <param name="cancellationToken">Checked before each tensor; nothing is left behind then.</param>
    /// <exception cref="InvalidDataException">A folder is damaged or does not fit; the message names file and field.</exception>
    /// <exception cref="IOException">The folder to write is not empty.</exception>
    public static ExportReport WriteModel(string model, string? adapter, ScalarType? type, string folder, CancellationToken cancellationToken = default)
    {
        using var weights = MergedWeights.Open(model, adapter);
        var dtype = type ?? weights.StoredType;
        return WriteWhole(folder, weights.Config.ParameterCount(), part =>
        {
            Safetensors.Write(
                Path.Combine(part, "model.safetensors"),
                [.. weights.Config.Tensors().OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => new TensorSource(t.Name, dtype, t.Shape, () => Read(t.Name)))],
                new Dictionary<string, string> { ["format"] = "pt" });
            WriteConfig(model, part, dtype);
            foreach (var companion in Companions.Where(name => File.Exists(Path.Combine(model, name))))
                Copy(Path.Combine(model, companion), Path.Combine(part, companion));
        });

        Tensor Read(string name)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return weights.Read(name, dtype);
        }
    }

    /// <summary>Writes an adapter in PEFT's layout, after checking that it fits its model. The folder appears when it is complete.</summary>
    /// <param name="model">Hugging Face folder of the model that it was trained on.</param>
    /// <param name="adapter">PEFT folder.</param>
    /// <param name="type">Float32, Float16 or BFloat16; null for the type that the adapter is stored in.</param>
    /// <param name="folder">The folder to write; it must not exist, or be empty.</param>
    /// <param name="cancellationToken">Checked before each tensor; nothing is left behind then.</param>
    /// <exception cref="InvalidDataException">A folder is damaged or does not fit; the message names file and field.</exception>
    /// <exception cref="IOException">The folder to write is not empty.</exception>
    public static ExportReport WriteAdapter(string model, string adapter, ScalarType? type, string folder, CancellationToken cancellationToken = default)
    {
        var config = HuggingFaceFolder.LoadConfig(model);
        using var weights = PeftWeights.Open(adapter, config);
        var parameters = weights.Tensors.Sum(t => t.Shape.Aggregate(1L, (product, size) => product * size));
        return WriteWhole(folder, parameters, part =>
        {
            Safetensors.Write(
                Path.Combine(part, PeftWeights.WeightsFile),
                [.. weights.Tensors.Select(t => new TensorSource(PeftWeights.Prefix + t.Name, type ?? Safetensors.Types[t.Type], t.Shape, () => Read(t.Name)))],
                new Dictionary<string, string> { ["format"] = "pt" });
            PeftFolder.WriteConfig(part, weights.Rank, weights.Alpha, weights.Dropout, weights.TargetModules(config));
        });

        Tensor Read(string name)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var stored = weights.Read(name)!;
            return type is { } asked ? MergedWeights.Round(stored, name, asked) : stored;
        }
    }

    // By content: a copy of a write-protected file must not be write-protected.
    private static void Copy(string from, string to)
    {
        using var source = File.OpenRead(from);
        AtomicFile.Write(to, source.CopyTo);
    }

    // Fields that the engine does not know are kept: only the weights' type changes.
    private static void WriteConfig(string model, string folder, ScalarType dtype)
    {
        var config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(model, "config.json")))!.AsObject();
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = dtype switch
        {
            ScalarType.Float32 => "float32",
            ScalarType.Float16 => "float16",
            ScalarType.BFloat16 => "bfloat16",
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Weights are stored as Float32, Float16 or BFloat16."),
        };
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Writes into a folder beside the wished one and renames it, so that a crash or a full disk leaves no half of a model.</summary>
    private static ExportReport WriteWhole(string folder, long parameters, Action<string> write)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            throw new IOException($"{folder} exists and is not an empty folder. Name another one, or remove it.");
        var part = $"{target}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(part);
            write(part);
            if (Directory.Exists(target))
                Directory.Delete(target);
            Directory.Move(part, target);
        }
        catch
        {
            if (Directory.Exists(part))
                Directory.Delete(part, recursive: true);
            throw;
        }

        string[] files = [.. Directory.GetFiles(target).Order(StringComparer.Ordinal)];
        return new ExportReport(target, files, parameters, files.Sum(file => new FileInfo(file).Length));
    }
}

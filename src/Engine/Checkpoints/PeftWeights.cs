using System.Text.Json;
using Platform.Engine.Models;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>
/// An adapter folder in PEFT's layout whose config and headers have been checked against a model's config. A module that the adapter
/// leaves out is left unchanged by it.
/// </summary>
internal sealed class PeftWeights : IDisposable
{
    public const string ConfigFile = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";
    public const string Prefix = "base_model.model.";
    private const string ProjectionWeight = "_proj.weight";

    private readonly SafetensorsFile _file;

    private PeftWeights(SafetensorsFile file, int rank, double alpha, bool scalesByRoot, double dropout)
    {
        (_file, Rank, Dropout) = (file, rank, dropout);
        // Rank-stabilised LoRA divides by √r instead of r; as an α of plain LoRA that is α·√r.
        Alpha = scalesByRoot ? alpha * Math.Sqrt(rank) : alpha;
    }

    /// <summary>r.</summary>
    public int Rank { get; }

    /// <summary>α; the change is scaled by α / r.</summary>
    public double Alpha { get; }

    /// <summary>What it was trained with; it changes nothing but further training.</summary>
    public double Dropout { get; }

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The model that the adapter has to fit.</param>
    /// <exception cref="InvalidDataException">A file is missing or damaged, asks for something that is not supported, or does not fit the model.</exception>
    public static PeftWeights Open(string folder, ModelConfig config)
    {
        var path = Path.Combine(folder, ConfigFile);
        if (!File.Exists(path))
            throw new InvalidDataException($"{folder} is not an adapter folder: {ConfigFile} is missing.");
        var (rank, alpha, scalesByRoot, dropout) = ReadConfig(path);
        var weights = Path.Combine(folder, WeightsFile);
        if (!File.Exists(weights))
            throw new InvalidDataException($"{folder} has no {WeightsFile}.");
        var file = new SafetensorsFile(weights);
        try
        {
            Check(file, weights, config, rank);
            return new PeftWeights(file, rank, alpha, scalesByRoot, dropout);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Its tensors, named as the model's modules are, in the order of the file.</summary>
    public IReadOnlyList<StoredTensor> Tensors => [.. _file.Tensors.Select(tensor => tensor with { Name = tensor.Name[Prefix.Length..] })];

    /// <summary>Whether a linear map has a change.</summary>
    /// <param name="module">Its checkpoint name without ".weight".</param>
    public bool Has(string module) => _file.Find($"{Prefix}{module}.lora_A.weight") is not null;

    /// <summary>What it adapts, as PEFT's config names it.</summary>
    /// <param name="config">The model that it was opened for.</param>
    public IReadOnlyList<string> TargetModules(ModelConfig config)
    {
        var all = config.Tensors().Where(tensor => tensor.Name.EndsWith(ProjectionWeight, StringComparison.Ordinal)).Select(tensor => tensor.Name[..^".weight".Length]).ToList();
        return LoraOptions.TargetNames([.. all.Where(Has)], all);
    }

    /// <summary>Reads one factor of a module's change.</summary>
    /// <param name="name">For instance <c>model.layers.0.mlp.up_proj.lora_A.weight</c>.</param>
    /// <returns>The tensor in the stored type, or null where the adapter leaves the module out; the caller's dispose scope owns it.</returns>
    public Tensor? Read(string name) => _file.Find(Prefix + name) is { } stored ? _file.Read(stored) : null;

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static (int Rank, double Alpha, bool ScalesByRoot, double Dropout) ReadConfig(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{path}: must be a JSON object.");
            List<string> problems = [];
            var fields = new ConfigFields(document.RootElement, "", problems);
            if ((fields.Text("peft_type") ?? "LORA") is not "LORA" and var type)
                fields.Problem("peft_type", $"\"{type}\" is not supported; LORA is");
            if ((fields.Text("bias") ?? "none") is not "none" and var bias)
                fields.Problem("bias", $"\"{bias}\" is not supported; none is");
            foreach (var flag in (string[])["use_dora", "fan_in_fan_out", "lora_bias"])
            {
                if (fields.Flag(flag) == true)
                    fields.Problem(flag, "is not supported; it must be false");
            }

            foreach (var field in (string[])["rank_pattern", "alpha_pattern", "modules_to_save", "layer_replication", "trainable_token_indices", "target_parameters"])
            {
                if (document.RootElement.TryGetProperty(field, out var value) && IsFilled(value))
                    fields.Problem(field, "is not supported; it must be empty");
            }

            var result = (fields.Positive("r", null), fields.RequiredNumber("lora_alpha"), fields.Flag("use_rslora") ?? false, fields.Number("lora_dropout") ?? 0);
            if (new LoraOptions { Dropout = result.Item4 }.Problems() is [var dropout])
                fields.Problem("lora_dropout", dropout);
            if (problems.Count == 0 && new LoraOptions { Rank = result.Item1 }.Problems() is [var rank])
                fields.Problem("r", rank);
            return problems.Count == 0 ? result : throw new InvalidDataException($"{path}: {string.Join("; ", problems)}.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not valid JSON: {e.Message}", e);
        }
    }

    private static bool IsFilled(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        _ => false,
    };

    private static void Check(SafetensorsFile file, string path, ModelConfig config, int rank)
    {
        var expected = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var (name, shape) in config.Tensors().Where(tensor => tensor.Name.EndsWith(ProjectionWeight, StringComparison.Ordinal)))
        {
            var module = Prefix + name[..^".weight".Length];
            expected[module + ".lora_A.weight"] = [rank, shape[1]];
            expected[module + ".lora_B.weight"] = [shape[0], rank];
        }

        foreach (var tensor in file.Tensors)
        {
            if (!expected.TryGetValue(tensor.Name, out var shape) || !shape.SequenceEqual(tensor.Shape))
                throw new InvalidDataException($"{path}: tensor {tensor} does not fit the model{(shape is null ? "" : $", which asks for [{string.Join(", ", shape)}]")}.");
            var other = tensor.Name.Contains(".lora_A.", StringComparison.Ordinal) ? tensor.Name.Replace(".lora_A.", ".lora_B.", StringComparison.Ordinal) : tensor.Name.Replace(".lora_B.", ".lora_A.", StringComparison.Ordinal);
            if (file.Find(other) is null)
                throw new InvalidDataException($"{path}: tensor {other} is missing, the other factor of {tensor.Name}.");
        }

        if (file.Tensors.Count == 0)
            throw new InvalidDataException($"{path}: there is no tensor in it.");
    }
}

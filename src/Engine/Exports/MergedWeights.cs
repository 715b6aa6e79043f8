using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Exports;

/// <summary>
/// A folder's weights with an adapter's change added, W + (α / r) · B·A, one tensor at a time: a model of any size is merged in the memory
/// of its largest tensor.
/// </summary>
internal sealed class MergedWeights : IDisposable
{
    private readonly WeightFolder _weights;
    private readonly PeftWeights? _adapter;

    private MergedWeights(ModelConfig config, WeightFolder weights, PeftWeights? adapter) => (Config, _weights, _adapter) = (config, weights, adapter);

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>Opens and checks both; no weight is read yet.</summary>
    /// <param name="model">Hugging Face folder.</param>
    /// <param name="adapter">PEFT folder, or null.</param>
    public static MergedWeights Open(string model, string? adapter)
    {
        var config = HuggingFaceFolder.LoadConfig(model);
        var weights = WeightFolder.Open(model, config);
        try
        {
            return new MergedWeights(config, weights, adapter is null ? null : PeftWeights.Open(adapter, config));
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The type that most weights are stored in, by the embedding, which every model has.</summary>
    public ScalarType StoredType => Safetensors.Types[_weights.TypeOf("model.embed_tokens.weight")] is var type && type == ScalarType.Float64 ? ScalarType.Float32 : type;

    /// <summary>Reads and merges one tensor.</summary>
    /// <param name="name">Its checkpoint name.</param>
    /// <returns>The tensor in float32 on the CPU; the caller's dispose scope owns it.</returns>
    public Tensor Read(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var weight = _weights.Read(name).to(ScalarType.Float32);
        if (_adapter is not { } adapter || !name.EndsWith(".weight", StringComparison.Ordinal) || !adapter.Has(name[..^".weight".Length]))
            return weight.MoveToOuterDisposeScope();
        var module = name[..^".weight".Length];
        var a = adapter.Read($"{module}.lora_A.weight")!.to(ScalarType.Float32);
        var b = adapter.Read($"{module}.lora_B.weight")!.to(ScalarType.Float32);
        return weight.Plus(b.matmul(a), adapter.Alpha / adapter.Rank).MoveToOuterDisposeScope();
    }

    /// <summary>Reads, merges and rounds one tensor.</summary>
    /// <param name="name">Its checkpoint name.</param>
    /// <param name="type">Float32, Float16 or BFloat16.</param>
    /// <exception cref="InvalidDataException">A weight is outside of float16's range.</exception>
    public Tensor Read(string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var exact = Read(name);
        return Round(exact, name, type).MoveToOuterDisposeScope();
    }

    /// <summary>Rounds a tensor to a type that can hold it.</summary>
    /// <param name="exact">float32.</param>
    /// <param name="name">Its name, for the message.</param>
    /// <param name="type">The type.</param>
    public static Tensor Round(Tensor exact, string name, ScalarType type)
    {
        var rounded = exact.to(type);
        return type != ScalarType.Float16 || rounded.isfinite().all().ToBoolean()
            ? rounded
            : throw new InvalidDataException($"Tensor {name} has weights that float16 cannot hold (beyond ±65,504, or no numbers). Export as bf16 or f32.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _adapter?.Dispose();
    }
}

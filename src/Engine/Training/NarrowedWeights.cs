using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// Computes with bfloat16 weights while it lives and keeps their float32 values, the masters; at the end the model has those again, updated or not.
/// </summary>
/// <remarks>Owns the masters. The mixed-precision training of Micikevicius et al., 2017 (https://arxiv.org/abs/1710.03740); bfloat16 needs no loss scale.</remarks>
internal sealed class NarrowedWeights : IDisposable
{
    private readonly CausalLanguageModel _model;
    private readonly Dictionary<string, Tensor> _masters = new(StringComparer.Ordinal);

    /// <param name="model">A model in float32.</param>
    public NarrowedWeights(CausalLanguageModel model)
    {
        if (model.Dtype != ScalarType.Float32)
            throw new ArgumentException($"The model's weights are {model.Dtype}; training in bfloat16 begins with Float32.", nameof(model));
        _model = model;
        foreach (var (name, parameter) in model.named_parameters())
            _masters[name] = parameter.detach().clone().DetachFromDisposeScope();
        model.to(ScalarType.BFloat16);
    }

    /// <summary>The float32 values by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Masters => _masters;

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.to(ScalarType.Float32);
        using var noGrad = no_grad();
        foreach (var (name, parameter) in _model.named_parameters())
            parameter.copy_(_masters[name]);
        foreach (var master in _masters.Values)
            master.Dispose();
    }
}

using Platform.Engine.Models;
using TorchSharp.Modules;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>A model's own weights get no gradients until this is disposed.</summary>
internal sealed class FrozenWeights : IDisposable
{
    private readonly List<Parameter> _frozen;

    public FrozenWeights(CausalLanguageModel model)
    {
        _frozen = [.. model.parameters().Where(p => p.requires_grad)];
        _frozen.ForEach(p => p.requires_grad_(false));
    }

    public void Dispose() => _frozen.ForEach(p => p.requires_grad_(true));
}

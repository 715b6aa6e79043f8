using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>Low-rank adapter weights for all linear maps of a model (LoRA, https://arxiv.org/abs/2106.09685).</summary>
/// <remarks>Owns its weights. A new adapter changes nothing: A is drawn, B is zero.</remarks>
public sealed class LoraAdapter : IDisposable
{
    private readonly SortedDictionary<string, LoraWeights> _weights = new(StringComparer.Ordinal);

    /// <summary>Creates an adapter for every linear map of <paramref name="model"/>.</summary>
    /// <param name="model">The model that it will be used with.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α; the change is scaled by α / r.</param>
    /// <param name="seed">Fixes the draw of A.</param>
    public LoraAdapter(CausalLanguageModel model, int rank, double alpha, long seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rank);
        (Rank, Alpha) = (rank, alpha);
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        foreach (var (name, projection) in model.Projections())
        {
            var (outputs, inputs) = (projection.Weight.shape[0], projection.Weight.shape[1]);
            // The reference implementation's draw: Kaiming uniform with a = √5, that is U(-1/√inputs, 1/√inputs).
            var a = rand([rank, inputs], generator: generator).mul(2).sub(1).div(Math.Sqrt(inputs)).to(model.Device);
            var b = zeros([outputs, rank], device: model.Device);
            _weights[name] = new LoraWeights(Own(a), Own(b), alpha / rank);
        }

        static Parameter Own(Tensor t)
        {
            var parameter = new Parameter(t.detach().clone());
            parameter.DetachFromDisposeScope();
            return parameter;
        }
    }

    /// <summary>r.</summary>
    public int Rank { get; }

    /// <summary>α.</summary>
    public double Alpha { get; }

    /// <summary>The trainable weights, by name, in a fixed order.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> NamedParameters() =>
        _weights.SelectMany(w => new[] { ($"{w.Key}.lora_A.weight", w.Value.A), ($"{w.Key}.lora_B.weight", w.Value.B) });

    /// <summary>Bytes of its weights.</summary>
    public long SizeBytes => NamedParameters().Sum(p => p.Parameter.numel() * p.Parameter.element_size());

    /// <summary>Makes a model use this adapter until the returned scope is disposed; then it uses what it used before.</summary>
    /// <param name="model">A model of the shape that this adapter was made for.</param>
    /// <exception cref="ArgumentException">The adapter does not fit the model.</exception>
    public IDisposable Use(CausalLanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var projections = model.Projections().ToList();
        if (projections.Count != _weights.Count || projections.Any(p => !_weights.ContainsKey(p.Name)))
            throw new ArgumentException("The adapter was made for a model of another shape.", nameof(model));
        var previous = projections.Select(p => (p.Projection, p.Projection.Adapter)).ToList();
        foreach (var (name, projection) in projections)
            projection.Adapter = _weights[name];
        return new Restore(previous);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, parameter) in NamedParameters())
            parameter.Dispose();
    }

    private sealed class Restore(List<(Projection Projection, LoraWeights? Adapter)> previous) : IDisposable
    {
        public void Dispose()
        {
            foreach (var (projection, adapter) in previous)
                projection.Adapter = adapter;
        }
    }
}

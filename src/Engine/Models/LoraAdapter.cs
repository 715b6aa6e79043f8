using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>Low-rank adapter weights for linear maps of a model (LoRA, https://arxiv.org/abs/2106.09685).</summary>
/// <remarks>Owns its weights, float32 whatever the model's type. A new adapter changes nothing: A is drawn, B is zero.</remarks>
public sealed class LoraAdapter : IDisposable
{
    private readonly SortedDictionary<string, LoraWeights> _weights = new(StringComparer.Ordinal);
    private readonly LoraDropout _dropout;

    /// <summary>Creates an adapter for every linear map of <paramref name="model"/>.</summary>
    /// <param name="model">The model that it will be used with.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α; the change is scaled by α / r.</param>
    /// <param name="seed">Fixes the draw of A.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public LoraAdapter(CausalLanguageModel model, int rank, double alpha, long seed)
        : this(model, new LoraOptions { Rank = rank, Alpha = alpha, Seed = seed })
    {
    }

    /// <summary>Creates an adapter.</summary>
    /// <param name="model">The model that it will be used with.</param>
    /// <param name="options">What it adapts and how.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names each.</exception>
    public LoraAdapter(CausalLanguageModel model, LoraOptions options)
        : this(model, options, name => options.TargetModules.Contains(LoraOptions.LastName(name)))
    {
    }

    /// <summary>Creates an adapter for chosen linear maps.</summary>
    /// <param name="model">The model that it will be used with.</param>
    /// <param name="options">How; its target modules are not looked at.</param>
    /// <param name="adapted">Whether a linear map is adapted, by its whole name.</param>
    internal LoraAdapter(CausalLanguageModel model, LoraOptions options, Func<string, bool> adapted)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        Options = options;
        _dropout = new LoraDropout(options.Dropout, options.Seed);
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)options.Seed);
        var projections = model.Projections().ToList();
        foreach (var (name, projection) in projections.Where(p => adapted(p.Name)))
        {
            var (outputs, inputs) = (projection.Weight.shape[0], projection.Weight.shape[1]);
            // The reference implementation's draw: Kaiming uniform with a = √5, that is U(-1/√inputs, 1/√inputs).
            var a = rand([options.Rank, inputs], generator: generator).Times(2).Plus(-1).Over(Math.Sqrt(inputs)).to(model.Device);
            var b = zeros([outputs, options.Rank], device: model.Device);
            _weights[name] = new LoraWeights(Own(a), Own(b), options.Alpha / options.Rank) { Dropout = _dropout, Index = _weights.Count };
        }

        TargetModules = LoraOptions.TargetNames(_weights.Keys, projections.Select(p => p.Name));

        static Parameter Own(Tensor t)
        {
            var parameter = new Parameter(t.detach().clone());
            parameter.DetachFromDisposeScope();
            return parameter;
        }
    }

    /// <summary>How it was made.</summary>
    public LoraOptions Options { get; }

    /// <summary>r.</summary>
    public int Rank => Options.Rank;

    /// <summary>α.</summary>
    public double Alpha => Options.Alpha;

    /// <summary>What it adapts, in PEFT's words: last names where every map of that name is adapted ("q_proj"), else whole names.</summary>
    public IReadOnlyList<string> TargetModules { get; }

    /// <summary>The trainable weights, by name, in a fixed order.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> NamedParameters() =>
        _weights.SelectMany(w => new[] { ($"{w.Key}.lora_A.weight", w.Value.A), ($"{w.Key}.lora_B.weight", w.Value.B) });

    /// <summary>The factors of each linear map by its name in the checkpoint.</summary>
    internal IEnumerable<(string Name, LoraWeights Weights)> Factors() => _weights.Select(w => (w.Key, w.Value));

    /// <summary>Bytes of its weights.</summary>
    public long SizeBytes => NamedParameters().Sum(p => p.Parameter.numel() * p.Parameter.element_size());

    /// <summary>Makes a model use this adapter until the returned scope is disposed; then it uses what it used before.</summary>
    /// <param name="model">A model of the shape that this adapter was made for.</param>
    /// <exception cref="ArgumentException">The adapter does not fit the model.</exception>
    public IDisposable Use(CausalLanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var projections = model.Projections().ToDictionary(p => p.Name, p => p.Projection, StringComparer.Ordinal);
        if (_weights.Any(w => !projections.TryGetValue(w.Key, out var projection) || !w.Value.Fits(projection)))
            throw new ArgumentException("The adapter was made for a model of another shape.", nameof(model));
        var previous = projections.Values.Select(p => (p, p.Adapter)).ToList();
        foreach (var (name, projection) in projections)
            projection.Adapter = _weights.GetValueOrDefault(name);
        return new Restore(previous);
    }

    /// <summary>Adds the adapter's change to the model's own weights, W + (α / r) · B·A; without the adapter the model then answers as with it.</summary>
    /// <param name="model">A model of the shape that this adapter was made for, without adapter in use.</param>
    /// <exception cref="ArgumentException">The adapter does not fit the model.</exception>
    public void MergeInto(CausalLanguageModel model)
    {
        using (Use(model))
        {
            // Only to be refused if it does not fit.
        }

        using var noGrad = no_grad();
        foreach (var (name, projection) in model.Projections())
        {
            if (!_weights.TryGetValue(name, out var weights))
                continue;
            using var scope = NewDisposeScope();
            var change = weights.B.matmul(weights.A).Times(Alpha / Rank);
            projection.Weight.copy_(projection.Weight.to(ScalarType.Float32).Plus(change));
        }
    }

    /// <summary>Turns dropout on for one training pass, until the result is disposed.</summary>
    /// <param name="update">Number of the optimizer update.</param>
    /// <param name="pass">Number of the forward pass within it.</param>
    internal IDisposable BeginTrainingPass(long update, int pass) => _dropout.Begin(update, pass);

    /// <summary>Watches all maps until the result is disposed.</summary>
    internal AdapterTrace BeginTrace() => new([.. _weights.Values]);

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

using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>
/// A linear map y = x·Wᵀ + b, optionally with a low-rank adapter added: y += (α / r) · (x·Aᵀ)·Bᵀ
/// (LoRA, Hu et al., 2021, https://arxiv.org/abs/2106.09685).
/// </summary>
internal sealed class Projection : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    /// <param name="inputs">Size of the input's last dimension.</param>
    /// <param name="outputs">Size of the output's last dimension.</param>
    /// <param name="bias">Whether a bias is added.</param>
    public Projection(int inputs, int outputs, bool bias) : base(nameof(Projection))
    {
        _weight = new Parameter(empty(outputs, inputs));
        _bias = bias ? new Parameter(zeros(outputs)) : null;
        RegisterComponents();
    }

    /// <summary>[outputs, inputs].</summary>
    public Parameter Weight => _weight;

    /// <summary>The adapter in use, or null. It belongs to its <see cref="LoraAdapter"/>.</summary>
    public LoraWeights? Adapter { get; set; }

    /// <param name="input">[..., inputs].</param>
    /// <returns>[..., outputs].</returns>
    public override Tensor forward(Tensor input)
    {
        if (Adapter is not { } adapter)
            return LinearMap.Apply(input, _weight, _bias);

        using var scope = NewDisposeScope();
        var low = nn.functional.linear(adapter.Drop(input).to(adapter.A.dtype), adapter.A); // [..., r]
        var plain = LinearMap.Apply(input, _weight, _bias);

        // One product that adds to what is there: scaling and adding [..., outputs] by themselves are passes over memory, forwards and backwards.
        if (adapter.Trace is null && plain.dtype == low.dtype)
            return addmm(plain.view(-1, plain.shape[^1]), low.view(-1, low.shape[^1]), adapter.B.t(), 1, (float)adapter.Scale).view(plain.shape).MoveToOuterDisposeScope();
        var change = nn.functional.linear(low, adapter.B).Times(adapter.Scale);
        if (adapter.Trace is { } trace)
            change = trace.Watch(adapter, input, low, change);
        return plain.Plus(change.to(input.dtype)).MoveToOuterDisposeScope();
    }
}

/// <summary>The two factors of one projection's adapter.</summary>
/// <param name="A">[r, inputs].</param>
/// <param name="B">[outputs, r].</param>
/// <param name="Scale">α / r.</param>
internal sealed record LoraWeights(Parameter A, Parameter B, double Scale)
{
    /// <summary>What a training pass drops; shared by all maps of the adapter.</summary>
    public LoraDropout? Dropout { get; init; }

    /// <summary>Who watches what this map computes, or null.</summary>
    public AdapterTrace? Trace { get; set; }

    /// <summary>Place of the map among those of the adapter.</summary>
    public int Index { get; init; }

    /// <summary>The input as this map sees it: some of it dropped in training, else as it is.</summary>
    /// <param name="input">[..., inputs].</param>
    public Tensor Drop(Tensor input) => Dropout is null ? input : Dropout.Apply(input, Index);

    /// <summary>Whether the factors have a projection's sizes.</summary>
    public bool Fits(Projection projection) => A.shape[1] == projection.Weight.shape[1] && B.shape[0] == projection.Weight.shape[0];
}

using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>Root-mean-square normalisation (Zhang and Sennrich, 2019): x / sqrt(mean(x²) + ε) · weight.</summary>
internal sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    private readonly double _epsilon;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    /// <param name="size">Size of the last dimension.</param>
    /// <param name="epsilon">ε.</param>
    public RmsNorm(int size, double epsilon) : base(nameof(RmsNorm))
    {
        _epsilon = epsilon;
        _weight = new Parameter(ones(size));
        RegisterComponents();
    }

    /// <param name="input">[..., size].</param>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var wide = input.dtype == ScalarType.Float32 ? input : input.to(ScalarType.Float32);
        var scale = wide.Squared().mean([-1], keepdim: true).Plus(_epsilon).rsqrt();
        return wide.mul(scale).to(input.dtype).mul(_weight).MoveToOuterDisposeScope();
    }
}

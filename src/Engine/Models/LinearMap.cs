using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>Matrix products in the type of the model, computed in float32 where the processor has no fast way in that type.</summary>
internal static class LinearMap
{
    private const int LeastRows = 8; // with fewer, widening the weights would cost more than it saves

    /// <summary>Whether products with this input are better computed in float32 and rounded back: the sums are float32 either way.</summary>
    /// <param name="input">[..., inputs].</param>
    public static bool Widens(Tensor input) =>
        input.dtype == ScalarType.BFloat16 && !CpuInstructions.MultipliesBFloat16 && input.device.type == DeviceType.CPU && input.numel() >= LeastRows * input.shape[^1];

    /// <summary>x·Wᵀ + b.</summary>
    /// <param name="input">[..., inputs].</param>
    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[..., outputs], in the input's type.</returns>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias)
    {
        if (!Widens(input))
            return nn.functional.linear(input, weight, bias);
        using var scope = NewDisposeScope();
        return nn.functional.linear(Wide(input), Wide(weight), bias is null ? null : Wide(bias)).to(input.dtype).MoveToOuterDisposeScope();
    }

    private static Tensor Wide(Tensor x) => x.to(ScalarType.Float32);
}

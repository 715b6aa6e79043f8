using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>
/// Rotary position embedding (RoFormer, https://arxiv.org/abs/2104.09864) in the half-rotation layout of Hugging Face's checkpoints,
/// with linear and Llama-3 frequency scaling.
/// </summary>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly Tensor _cos; // [context, D]
    private readonly Tensor _sin; // [context, D]

    /// <param name="config">Shape and frequencies.</param>
    /// <param name="device">Where the tables live.</param>
    public RotaryEmbedding(ModelConfig config, Device device)
    {
        using var scope = NewDisposeScope();
        var half = config.HeadSize / 2;
        var tableCos = new float[config.ContextTokens * config.HeadSize];
        var tableSin = new float[config.ContextTokens * config.HeadSize];
        var frequencies = Frequencies(config);
        for (var i = 0; i < half; i++)
        {
            var frequency = frequencies[i];
            for (var position = 0; position < config.ContextTokens; position++)
            {
                // Angles in double: at position 100,000 a float angle is already off by 1e-3.
                var (sin, cos) = Math.SinCos(position * frequency);
                var row = position * config.HeadSize;
                tableCos[row + i] = tableCos[row + half + i] = (float)cos;
                tableSin[row + i] = -(float)sin;
                tableSin[row + half + i] = (float)sin;
            }
        }

        _cos = tensor(tableCos, config.ContextTokens, config.HeadSize).to(device).DetachFromDisposeScope();
        _sin = tensor(tableSin, config.ContextTokens, config.HeadSize).to(device).DetachFromDisposeScope();
    }

    /// <summary>Radians per position of each rotary pair, scaling included; D / 2 of them.</summary>
    public static double[] Frequencies(ModelConfig config) =>
        [.. Enumerable.Range(0, config.HeadSize / 2).Select(i => Scale(Math.Pow(config.RopeTheta, -2.0 * i / config.HeadSize), config.RopeScaling))];

    /// <summary>The cos and sin rows of <paramref name="positions"/>; the first half of sin is negated, so that a rotation is x·cos + swap(x)·sin.</summary>
    /// <param name="positions">[B, T], int64.</param>
    /// <param name="dtype">Type of the queries and keys.</param>
    /// <returns>Two of [B, T, 1, D].</returns>
    public (Tensor Cos, Tensor Sin) At(Tensor positions, ScalarType dtype)
    {
        var flat = positions.reshape(-1);
        var shape = new[] { positions.shape[0], positions.shape[1], 1, _cos.shape[1] };
        return (_cos.index_select(0, flat).reshape(shape).to(dtype), _sin.index_select(0, flat).reshape(shape).to(dtype));
    }

    /// <summary>Rotates queries or keys.</summary>
    /// <param name="x">[B, T, heads, D].</param>
    /// <param name="cos">[B, T, 1, D].</param>
    /// <param name="sin">[B, T, 1, D], first half negated.</param>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var swapped = x.roll([x.shape[3] / 2], [3]);
        return x.mul(cos).Plus(swapped.mul(sin)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cos.Dispose();
        _sin.Dispose();
    }

    private static double Scale(double frequency, RopeScaling? scaling)
    {
        if (scaling is null)
            return frequency;
        if (scaling.Type == "linear")
            return frequency / scaling.Factor;

        // Llama 3.1's model code: long wavelengths are stretched, short ones kept, those between blended.
        var wavelength = 2 * Math.PI / frequency;
        var low = scaling.OriginalContext / scaling.LowFrequencyFactor;
        var high = scaling.OriginalContext / scaling.HighFrequencyFactor;
        if (wavelength > low)
            return frequency / scaling.Factor;
        if (wavelength < high)
            return frequency;
        var smooth = (scaling.OriginalContext / wavelength - scaling.LowFrequencyFactor)
            / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return (1 - smooth) * frequency / scaling.Factor + smooth * frequency;
    }
}

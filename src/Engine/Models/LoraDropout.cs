using Platform.Engine.Native;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>
/// Dropout on the inputs of an adapter's maps (Srivastava et al., 2014). What is dropped is a pure function of seed, update, pass and map: nothing
/// has to be stored for a resumed training to go on bit for bit, and a layer that is computed a second time for its gradient drops the same.
/// </summary>
/// <param name="share">Share of the values that becomes zero.</param>
/// <param name="seed">Fixes the choice.</param>
internal sealed class LoraDropout(double share, long seed)
{
    private (long Update, int Pass)? _pass;

    /// <summary>Drops until the result is disposed; outside of passes nothing is dropped.</summary>
    /// <param name="update">Number of the optimizer update.</param>
    /// <param name="pass">Number of the forward pass within it.</param>
    public IDisposable Begin(long update, int pass)
    {
        _pass = (update, pass);
        return new End(this);
    }

    /// <summary>The input with a share of its values dropped, or itself outside of a pass.</summary>
    /// <param name="input">[..., inputs].</param>
    /// <param name="map">Index of the adapted map.</param>
    public Tensor Apply(Tensor input, int map)
    {
        if (_pass is not var (update, pass) || share == 0)
            return input;
        using var scope = NewDisposeScope();
        using var generator = new Generator(Key(update, pass, map), input.device);
        var kept = empty(input.shape, input.dtype, input.device).bernoulli_(1 - share, generator).Divide(1 - share);
        return input.mul(kept).MoveToOuterDisposeScope();
    }

    private ulong Key(long update, int pass, int map)
    {
        var state = unchecked((ulong)seed);
        foreach (var part in (ReadOnlySpan<long>)[update, pass, map])
            state = SeededRandom.SplitMix64(ref state) ^ unchecked((ulong)part);
        return SeededRandom.SplitMix64(ref state);
    }

    private sealed class End(LoraDropout dropout) : IDisposable
    {
        public void Dispose() => dropout._pass = null;
    }
}

using System.Runtime.CompilerServices;
using Platform.Engine.Kernels;
using Platform.Engine.Models;

namespace Platform.Engine.Inference;

/// <summary>Sines and cosines of the rotary positions, filled as far as positions were asked for.</summary>
internal sealed unsafe class RotaryTable(ModelConfig config) : IDisposable
{
    private readonly double[] _frequencies = RotaryEmbedding.Frequencies(config);
    private NativeBuffer<float> _table = new(0); // [position][cosines of D / 2, then sines of D / 2]
    private int _positions;

    /// <summary>Fills the table up to a position; not while other threads read it.</summary>
    /// <param name="positions">How many positions are needed, from 0 on.</param>
    public void Reserve(int positions)
    {
        if (positions <= _positions)
            return;
        var wanted = Math.Min(config.ContextTokens, Math.Max(positions, Math.Max(256, 2 * _positions)));
        wanted = Math.Max(wanted, positions);
        var half = _frequencies.Length;
        var table = new NativeBuffer<float>((long)wanted * 2 * half);
        for (var position = 0; position < wanted; position++)
        {
            var row = table.Pointer + ((long)position * 2 * half);
            for (var i = 0; i < half; i++)
            {
                // In double: at position 100,000 an angle in float is already off by 1e-3.
                var (sin, cos) = Math.SinCos(position * _frequencies[i]);
                (row[i], row[half + i]) = ((float)cos, (float)sin);
            }
        }

        _table.Dispose();
        (_table, _positions) = (table, wanted);
    }

    /// <summary>Rotates one head in the half-rotation layout of Hugging Face's checkpoints. x and y may not overlap.</summary>
    /// <param name="x">[D].</param>
    /// <param name="y">[D].</param>
    /// <param name="position">Below what was reserved.</param>
    /// <param name="scale">Factor for all values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Rotate(float* x, float* y, int position, float scale)
    {
        var half = _frequencies.Length;
        var cos = _table.Pointer + ((long)position * 2 * half);
        var sin = cos + half;
        for (var i = 0; i < half; i++)
        {
            y[i] = ((x[i] * cos[i]) - (x[half + i] * sin[i])) * scale;
            y[half + i] = ((x[half + i] * cos[i]) + (x[i] * sin[i])) * scale;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();
}

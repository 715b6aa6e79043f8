using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Platform.Engine.Kernels;

/// <summary>Layout of a panel: the weights of 16 outputs side by side, input after input.</summary>
internal unsafe interface IPanel
{
    /// <summary>Bytes of a panel.</summary>
    /// <param name="inputs">Inputs of the matrix.</param>
    static abstract long Bytes(int inputs);

    /// <summary>Stores one output's weights.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="column">0 to 15.</param>
    /// <param name="weights">One for each input.</param>
    static abstract void Store(byte* panel, int column, ReadOnlySpan<float> weights);

    /// <summary>One weight.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="input">Index of the input.</param>
    /// <param name="column">0 to 15.</param>
    static abstract float At(byte* panel, int input, int column);

    /// <summary>The 16 weights of one input.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="input">Index of the input.</param>
    /// <param name="low">Outputs 0 to 7.</param>
    /// <param name="high">Outputs 8 to 15.</param>
    static abstract void Load(byte* panel, int input, out Vector256<float> low, out Vector256<float> high);
}

/// <summary>[inputs][16] float32.</summary>
internal readonly unsafe struct Float32Panel : IPanel
{
    public static long Bytes(int inputs) => inputs * 16L * sizeof(float);

    public static void Store(byte* panel, int column, ReadOnlySpan<float> weights)
    {
        for (var k = 0; k < weights.Length; k++)
            ((float*)panel)[(k * 16) + column] = weights[k];
    }

    public static float At(byte* panel, int input, int column) => ((float*)panel)[(input * 16) + column];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* panel, int input, out Vector256<float> low, out Vector256<float> high)
    {
        var at = (float*)panel + ((nint)input * 16);
        low = Vector256.Load(at);
        high = Vector256.Load(at + 8);
    }
}

/// <summary>[inputs][8] words of 32 bits: output j in the lower half of word j, output j + 8 in the upper half, so that a shift and a mask widen them.</summary>
internal readonly unsafe struct BFloat16Panel : IPanel
{
    public static long Bytes(int inputs) => inputs * 16L * sizeof(ushort);

    public static void Store(byte* panel, int column, ReadOnlySpan<float> weights)
    {
        var half = (ushort*)panel + ((column % 8) * 2) + (column / 8);
        for (var k = 0; k < weights.Length; k++)
            half[k * 16] = Round(weights[k]);
    }

    public static float At(byte* panel, int input, int column) =>
        BitConverter.UInt32BitsToSingle((uint)((ushort*)panel)[(input * 16) + ((column % 8) * 2) + (column / 8)] << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* panel, int input, out Vector256<float> low, out Vector256<float> high)
    {
        var pair = Vector256.Load((uint*)panel + ((nint)input * 8));
        low = (pair << 16).AsSingle();
        high = (pair & Vector256.Create(0xFFFF0000u)).AsSingle();
    }

    /// <summary>Whether a value loses nothing in bfloat16.</summary>
    public static bool IsExact(float value) => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) == 0;

    /// <summary>To nearest, ties to even.</summary>
    private static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsFinite(value) ? (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) : (ushort)((bits >> 16) | (float.IsNaN(value) ? 0x40u : 0));
    }
}

/// <summary>For each 32 inputs: 16 float32 scales, then [32][16] signed bytes. A weight is byte times scale.</summary>
internal readonly unsafe struct Int8Panel : IPanel
{
    private const int Block = 32;
    private const int BlockBytes = (16 * sizeof(float)) + (Block * 16);

    public static long Bytes(int inputs) => (inputs + Block - 1) / Block * (long)BlockBytes;

    public static void Store(byte* panel, int column, ReadOnlySpan<float> weights)
    {
        for (var start = 0; start < weights.Length; start += Block)
        {
            var part = weights[start..Math.Min(start + Block, weights.Length)];
            var largest = 0f;
            foreach (var weight in part)
                largest = Math.Max(largest, Math.Abs(weight));
            var block = panel + (start / Block * (nint)BlockBytes);
            var scale = ((float*)block)[column] = largest / 127;
            var bytes = (sbyte*)(block + (16 * sizeof(float)));
            for (var k = 0; k < part.Length; k++)
                bytes[(k * 16) + column] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(part[k] / scale), -127, 127);
        }
    }

    public static float At(byte* panel, int input, int column)
    {
        var block = panel + (input / Block * (nint)BlockBytes);
        return ((sbyte*)(block + (16 * sizeof(float))))[(input % Block * 16) + column] * ((float*)block)[column];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* panel, int input, out Vector256<float> low, out Vector256<float> high)
    {
        var block = panel + ((nint)((uint)input / Block) * BlockBytes);
        var bytes = (sbyte*)(block + (16 * sizeof(float))) + ((nint)((uint)input % Block) * 16);
        low = Widen(bytes) * Vector256.Load((float*)block);
        high = Widen(bytes + 8) * Vector256.Load((float*)block + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(sbyte* eight)
    {
        if (Avx2.IsSupported)
            return Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(eight));
        var words = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)eight).AsSByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(words), Vector128.WidenUpper(words)));
    }
}

using System.Buffers.Binary;

namespace Platform.Engine.Exports;

/// <summary>
/// ggml's Q8_0: blocks of 32 numbers, each a float16 scale d and 32 signed bytes q, meaning d·q. The scale is the largest magnitude of the
/// block divided by 127.
/// </summary>
internal static class Q8Blocks
{
    /// <summary>Numbers in a block; rows must be a multiple of it.</summary>
    public const int Numbers = 32;

    /// <summary>Bytes of a block.</summary>
    public const int Bytes = 2 + Numbers;

    /// <summary>Encodes numbers.</summary>
    /// <param name="numbers">A multiple of 32.</param>
    /// <param name="blocks">34 bytes for each 32 numbers.</param>
    /// <exception cref="InvalidDataException">A number is not finite, or so large that its scale does not fit float16.</exception>
    public static void Encode(ReadOnlySpan<float> numbers, Span<byte> blocks)
    {
        for (var block = 0; block < numbers.Length / Numbers; block++)
        {
            var source = numbers.Slice(block * Numbers, Numbers);
            var target = blocks.Slice(block * Bytes, Bytes);
            var largest = 0f;
            foreach (var number in source)
                largest = MathF.Max(largest, MathF.Abs(number)); // NaN stays NaN
            var scale = largest / sbyte.MaxValue;
            var stored = (Half)scale;
            if (!Half.IsFinite(stored))
                throw new InvalidDataException("has weights that q8_0 cannot hold (their magnitude divided by 127 is beyond 65,504, or they are no numbers). Export as bf16 or f32.");
            BinaryPrimitives.WriteHalfLittleEndian(target, stored);
            var inverse = scale == 0 ? 0 : 1 / scale;
            for (var i = 0; i < Numbers; i++)
                target[2 + i] = (byte)(sbyte)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }
}

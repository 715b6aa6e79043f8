namespace Platform.Engine.Generation.Sampling;

/// <summary>Random numbers that depend on a seed and a position only: nothing has to be kept or replayed between them.</summary>
internal static class SeededDraw
{
    /// <summary>A number from 0 up to but not 1, evenly distributed.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="position">Any number.</param>
    public static double Next(long seed, int position) => (Mix(Mix((ulong)seed) + Mix((ulong)position ^ 0x9E3779B97F4A7C15)) >> 11) * (1.0 / (1UL << 53));

    // The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014), behind its increment.
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }
}

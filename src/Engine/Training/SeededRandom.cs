using System.Numerics;

namespace Platform.Engine.Training;

/// <summary>
/// The source of every random choice that must be the same on every system and .NET version: xoshiro256** seeded by
/// SplitMix64 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021). System.Random promises
/// no such thing for its seeds.
/// </summary>
internal sealed class SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;

    public SeededRandom(long seed)
    {
        var state = unchecked((ulong)seed);
        _s0 = SplitMix64(ref state);
        _s1 = SplitMix64(ref state);
        _s2 = SplitMix64(ref state);
        _s3 = SplitMix64(ref state);
    }

    private SeededRandom(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    /// <summary>Starts from a given state, as the published test vectors do. At least one word must not be zero.</summary>
    public static SeededRandom FromState(ulong s0, ulong s1, ulong s2, ulong s3) => new(s0, s1, s2, s3);

    /// <summary>An independent sequence for one part of a seeded work, so that a change in one part leaves the others alone.</summary>
    public static SeededRandom ForPart(long seed, int part)
    {
        var state = unchecked((ulong)seed);
        var mixed = SplitMix64(ref state) ^ unchecked((ulong)(part + 1) * 0xD1B54A32D192ED03UL);
        return new SeededRandom(unchecked((long)mixed));
    }

    /// <summary>One step of SplitMix64: advances <paramref name="state"/> and returns 64 well-mixed bits.</summary>
    public static ulong SplitMix64(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15UL;
            var mixed = state;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
            return mixed ^ (mixed >> 31);
        }
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
            var shifted = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= shifted;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>A whole number from 0 up to, not including, <paramref name="limit"/> (bias below 2^-32: unmeasurable here).</summary>
    public int Next(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return (int)Math.BigMul(NextBits(), (ulong)limit, out _);
    }

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Fisher-Yates: every order is equally likely.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var last = items.Length - 1; last > 0; last--)
        {
            var other = Next(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }
}

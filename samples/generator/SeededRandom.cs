namespace Platform.Samples.Generator;

/// <summary>SplitMix64, written out so that the sample files stay byte-identical whatever the runtime's own generator does.</summary>
internal sealed class SeededRandom(string seed)
{
    private ulong _state = seed.Aggregate(14695981039346656037UL, (hash, c) => (hash ^ c) * 1099511628211UL);

    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    public int NextInt(int exclusiveEnd) => (int)(NextDouble() * exclusiveEnd);

    public bool Chance(double probability) => NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[NextInt(items.Count)];

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}

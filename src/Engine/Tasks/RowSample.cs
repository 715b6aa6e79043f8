using Platform.Engine.Training;

namespace Platform.Engine.Tasks;

/// <summary>The rows of a split that a limited measurement looks at.</summary>
public static class RowSample
{
    /// <summary>
    /// All rows, or as many as allowed, chosen by the seed and kept in their order. Files are often sorted (by label, by source), so their
    /// first rows would not do.
    /// </summary>
    /// <param name="rows">The split.</param>
    /// <param name="most">How many at most; null for all.</param>
    /// <param name="seed">The same seed chooses the same rows of the same split.</param>
    public static IReadOnlyList<Example> Of(IReadOnlyList<Example> rows, int? most, long seed)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (most is not { } limit || rows.Count <= limit)
            return rows;
        var order = Enumerable.Range(0, rows.Count).ToArray();
        new SeededRandom(seed).Shuffle(order.AsSpan());
        return [.. order.Take(limit).Order().Select(row => rows[row])];
    }
}

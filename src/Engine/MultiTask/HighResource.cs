namespace Platform.Engine.MultiTask;

/// <summary>Which tasks have enough data to be trained first, in stage 2. Results are indexes into the sizes, ascending.</summary>
public static class HighResource
{
    /// <summary>
    /// Splits the tasks at the largest gap between the logarithms of neighbouring sizes, that is, where one size is the largest
    /// multiple of the next; the tasks above it are high-resource. Of equal gaps the lowest counts, so that more tasks are in. At
    /// least one task is high-resource, and at least one is not unless all sizes are equal; then all are.
    /// </summary>
    /// <param name="sizes">Rows per task; 0 counts as 1.</param>
    public static IReadOnlyList<int> ByLargestGap(IReadOnlyList<int> sizes)
    {
        Mixing.CheckSizes(sizes);
        var ascending = sizes.Select(size => Math.Max(size, 1)).Order().ToArray();
        var minimum = 0;
        var largest = 1.0;
        for (var i = 1; i < ascending.Length; i++)
        {
            var gap = (double)ascending[i] / ascending[i - 1];
            if (gap <= largest) continue;
            (largest, minimum) = (gap, ascending[i]);
        }
        return ByMinimum(sizes, minimum);
    }

    /// <summary>The tasks with at least <paramref name="rows"/> rows; none when no task has so many.</summary>
    /// <param name="sizes">Rows per task.</param>
    /// <param name="rows">The smallest size that is high-resource.</param>
    public static IReadOnlyList<int> ByMinimum(IReadOnlyList<int> sizes, int rows)
    {
        Mixing.CheckSizes(sizes);
        return [.. Enumerable.Range(0, sizes.Count).Where(task => sizes[task] >= rows)];
    }

    /// <summary>The tasks that are at least as large as the size below which the given share of tasks lies; at least the largest one.</summary>
    /// <param name="sizes">Rows per task.</param>
    /// <param name="quantile">Share of the tasks that are not high-resource, 0 to 1; of tasks of equal size all are or none is.</param>
    public static IReadOnlyList<int> ByQuantile(IReadOnlyList<int> sizes, double quantile)
    {
        Mixing.CheckSizes(sizes);
        if (quantile is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "A quantile lies between 0 and 1.");
        if (sizes.Count == 0) return [];
        var ascending = sizes.Order().ToArray();
        return ByMinimum(sizes, ascending[Math.Min((int)Math.Ceiling(quantile * sizes.Count), sizes.Count - 1)]);
    }
}

using Platform.Engine.Training;

namespace Platform.Engine.MultiTask;

/// <summary>The order in which a mixture's examples are trained on.</summary>
public static class Schedule
{
    /// <summary>
    /// Draws <paramref name="counts"/>[i] examples of each task i: whole shuffled passes over its rows, then a shuffled part of one,
    /// so every example comes up count / size times, rounded down or up. The tasks are interleaved in random order; within a task
    /// a pass ends before the next begins. The same seed gives the same order on every system, and a task's own order
    /// does not depend on the other tasks.
    /// </summary>
    /// <param name="counts">Examples to draw per task, as <see cref="Mixing"/> gives them.</param>
    /// <param name="sizes">Rows per task; a task of which examples are drawn must have some.</param>
    /// <param name="seed">Same seed, same order.</param>
    /// <param name="shown">Examples of each task that were drawn before: the drawing goes on behind them. Left out: none.</param>
    /// <param name="streams">Number of each task's own random order; the same number and seed give the same one. Left out: the task's index.</param>
    /// <returns>Task index and row index, one pair per training example.</returns>
    public static IReadOnlyList<(int Task, int Example)> Build(IReadOnlyList<long> counts, IReadOnlyList<int> sizes, long seed, IReadOnlyList<long>? shown = null, IReadOnlyList<int>? streams = null)
    {
        ArgumentNullException.ThrowIfNull(counts);
        Mixing.CheckSizes(sizes);
        if (counts.Count != sizes.Count)
            throw new ArgumentException($"There must be one count per task, but there are {counts.Count} counts and {sizes.Count} tasks.", nameof(counts));

        var order = new int[Total(counts)];
        var drawn = new IEnumerator<int>[counts.Count];
        var filled = 0;
        for (var task = 0; task < counts.Count; task++)
        {
            if (counts[task] > 0 && sizes[task] == 0)
                throw new ArgumentException($"Task {task} has no rows, so {counts[task]} examples of it cannot be drawn.", nameof(sizes));
            order.AsSpan(filled, (int)counts[task]).Fill(task);
            filled += (int)counts[task];
            drawn[task] = Passes(sizes[task], SeededRandom.ForPart(seed, streams?[task] ?? task)).GetEnumerator();
            for (var before = shown?[task] ?? 0; before > 0 && counts[task] > 0; before--)
                drawn[task].MoveNext();
        }
        new SeededRandom(seed).Shuffle<int>(order);

        return [.. order.Select(task =>
        {
            drawn[task].MoveNext();
            return (task, drawn[task].Current);
        })];
    }

    private static IEnumerable<int> Passes(int size, SeededRandom random)
    {
        var rows = Enumerable.Range(0, size).ToArray();
        while (true)
        {
            random.Shuffle<int>(rows);
            foreach (var row in rows) yield return row;
        }
    }

    private static int Total(IReadOnlyList<long> counts)
    {
        long total = 0;
        foreach (var count in counts)
        {
            if (count < 0) throw new ArgumentException("The number of examples to draw cannot be negative.", nameof(counts));
            total = checked(total + count);
        }
        return total <= Array.MaxLength
            ? (int)total
            : throw new ArgumentException($"A schedule holds at most {Array.MaxLength:N0} examples, not {total:N0}.", nameof(counts));
    }
}

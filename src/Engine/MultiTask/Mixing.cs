namespace Platform.Engine.MultiTask;

/// <summary>
/// How much of a training mixture each task gets. Pure functions of the tasks' sizes (rows of the training split), in the
/// order in which the caller lists the tasks.
/// </summary>
public static class Mixing
{
    /// <summary>A task whose answers are nearly all the same is still shown.</summary>
    private const double LeastBits = 0.1;

    /// <summary>
    /// Examples-proportional mixing with a cap and a temperature (Raffel et al., JMLR 2020, T5): r_i = min(n_i, K) / sum_j min(n_j, K),
    /// then r_i^(1/T), renormalised. T = 1 is proportional to (capped) size; a higher T moves towards equal shares.
    /// </summary>
    /// <param name="sizes">Rows per task.</param>
    /// <param name="cap">K: rows beyond it do not raise a task's share.</param>
    /// <param name="temperature">T, at least 1.</param>
    /// <returns>Shares that sum to 1; a task without rows has share 0.</returns>
    public static IReadOnlyList<double> Proportional(IReadOnlyList<int> sizes, int cap = 30_000, double temperature = 2)
    {
        CheckSizes(sizes);
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, 1);
        return Heated([.. sizes.Select(size => (double)Math.Min(size, cap))], temperature);
    }

    /// <summary>
    /// Like <see cref="Proportional"/>, with what there is to be learnt in a task's answers in place of its rows: min(n_i, K) h_i, where h_i is the
    /// entropy of one answer. Of two tasks with as many rows the one with 64 labels needs more examples than the one with two, and one that
    /// writes spans more than both; as large a share for all would train the easy ones for longer than they gain by it.
    /// </summary>
    /// <param name="sizes">Rows per task.</param>
    /// <param name="answerBits">Entropy of the training answers of each task, bits per row.</param>
    /// <param name="cap">K: rows beyond it do not raise a task's share.</param>
    /// <param name="temperature">T, at least 1.</param>
    /// <returns>Shares that sum to 1; a task without rows has share 0.</returns>
    public static IReadOnlyList<double> Information(IReadOnlyList<int> sizes, IReadOnlyList<double> answerBits, int cap = 30_000, double temperature = 2)
    {
        CheckSizes(sizes);
        ArgumentNullException.ThrowIfNull(answerBits);
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, 1);
        if (answerBits.Count != sizes.Count || answerBits.Any(bits => !(bits >= 0) || double.IsInfinity(bits)))
            throw new ArgumentException("There must be one entropy per task, none of them negative.", nameof(answerBits));
        return Heated([.. sizes.Zip(answerBits, (size, bits) => Math.Min(size, cap) * Math.Max(bits, LeastBits))], temperature);
    }

    /// <summary>
    /// UniMax (Chung et al., ICLR 2023): from the smallest task up, each gets an equal share of what is left of the budget, but never
    /// more than <paramref name="maxEpochs"/> passes over its rows; what it cannot use goes to the larger ones. Where the
    /// budget does not divide evenly, the larger tasks get the examples over.
    /// </summary>
    /// <param name="sizes">Rows per task.</param>
    /// <param name="budget">Examples to draw in all.</param>
    /// <param name="maxEpochs">N: passes over a task's rows that are never exceeded.</param>
    /// <returns>Examples per task; they sum to the budget, or to N times all rows where that is less.</returns>
    public static IReadOnlyList<long> UniMax(IReadOnlyList<int> sizes, long budget, int maxEpochs)
    {
        CheckSizes(sizes);
        CheckBudget(budget, maxEpochs);
        var counts = new long[sizes.Count];
        var left = budget;
        var tasksLeft = sizes.Count;
        foreach (var task in Enumerable.Range(0, sizes.Count).OrderBy(task => sizes[task]))
        {
            // Rounded down: the remainder stays in the budget for the larger tasks, so the sum is exact.
            counts[task] = Math.Min(left / tasksLeft--, (long)maxEpochs * sizes[task]);
            left -= counts[task];
        }
        return counts;
    }

    /// <summary>The same number of examples of every task that has rows, however often they must be repeated for it; the first tasks get what is over.</summary>
    /// <param name="sizes">Rows per task.</param>
    /// <param name="budget">Examples to draw in all.</param>
    public static IReadOnlyList<long> Uniform(IReadOnlyList<int> sizes, long budget)
    {
        CheckSizes(sizes);
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        var left = budget;
        var tasksLeft = sizes.Count(size => size > 0);
        var counts = new long[sizes.Count];
        for (var task = 0; task < counts.Length; task++)
        {
            if (sizes[task] == 0) continue;
            counts[task] = (left + tasksLeft - 1) / tasksLeft--;
            left -= counts[task];
        }
        return counts;
    }

    /// <summary>
    /// Turns shares into whole examples: each task gets its share of the budget, but never more than <paramref name="maxEpochs"/>
    /// passes over its rows; what it cannot use is shared out among the others by their shares. Rounded by largest remainder.
    /// </summary>
    /// <param name="shares">One share per task, not negative; they need not sum to 1.</param>
    /// <param name="budget">Examples to draw in all.</param>
    /// <param name="sizes">Rows per task.</param>
    /// <param name="maxEpochs">Passes over a task's rows that are never exceeded.</param>
    /// <returns>Examples per task; they sum to the budget, or to all that the tasks with a share can use where that is less.</returns>
    public static IReadOnlyList<long> ByExamples(IReadOnlyList<double> shares, long budget, IReadOnlyList<int> sizes, int maxEpochs)
    {
        CheckSizes(sizes);
        CheckBudget(budget, maxEpochs);
        ArgumentNullException.ThrowIfNull(shares);
        if (shares.Count != sizes.Count)
            throw new ArgumentException($"There must be one share per task, but there are {shares.Count} shares and {sizes.Count} tasks.", nameof(shares));
        if (shares.Any(share => share < 0 || !double.IsFinite(share)))
            throw new ArgumentException("A share must be a number that is not negative.", nameof(shares));

        var counts = new long[sizes.Count];
        var open = Enumerable.Range(0, sizes.Count).Where(task => shares[task] > 0).ToList();
        var left = budget;
        while (open.Count > 0)
        {
            var sum = open.Sum(task => shares[task]);
            var available = left;
            var full = open.Where(task => shares[task] / sum * available >= (long)maxEpochs * sizes[task]).ToArray();
            if (full.Length == 0)
            {
                RoundByLargestRemainder(counts, open, [.. open.Select(task => shares[task] / sum * available)], left);
                break;
            }
            foreach (var task in full)
            {
                counts[task] = Math.Min(left, (long)maxEpochs * sizes[task]);
                left -= counts[task];
                open.Remove(task);
            }
        }
        return counts;
    }

    /// <summary>Shares that go by amount^(1/T).</summary>
    private static IReadOnlyList<double> Heated(double[] amounts, double temperature)
    {
        if (temperature is not (>= 1 and < double.PositiveInfinity))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature must be a number of at least 1.");

        // Relative to the largest instead of the sum: the factor falls out in renormalising.
        var largest = amounts.DefaultIfEmpty(0).Max();
        var heated = amounts.Select(amount => amount == 0 ? 0 : Math.Pow(amount / largest, 1 / temperature)).ToArray();
        var sum = heated.Sum();
        return [.. heated.Select(share => sum == 0 ? 0 : share / sum)];
    }

    private static void RoundByLargestRemainder(long[] counts, List<int> tasks, double[] wanted, long budget)
    {
        var left = budget;
        for (var i = 0; i < tasks.Count; i++)
        {
            counts[tasks[i]] = (long)wanted[i];
            left -= counts[tasks[i]];
        }
        var byRemainder = Enumerable.Range(0, tasks.Count).OrderByDescending(i => wanted[i] - Math.Floor(wanted[i]));
        foreach (var i in byRemainder.Take((int)left)) counts[tasks[i]]++;
    }

    private static void CheckBudget(long budget, int maxEpochs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEpochs, 1);
    }

    internal static void CheckSizes(IReadOnlyList<int> sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Any(size => size < 0)) throw new ArgumentException("A task's size cannot be negative.", nameof(sizes));
    }
}

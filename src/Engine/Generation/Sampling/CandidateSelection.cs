namespace Platform.Engine.Generation.Sampling;

/// <summary>Finds the best of many candidates without sorting all of them: in expected linear time (quickselect).</summary>
internal static class CandidateSelection
{
    /// <summary>Moves the best to the front.</summary>
    /// <param name="candidates">In any order; afterwards the best are in front, in any order.</param>
    /// <param name="count">How many.</param>
    public static void Best(Span<Candidate> candidates, int count)
    {
        while (candidates.Length > count && count > 0)
        {
            var left = Partition(candidates);
            if (left <= count)
            {
                candidates = candidates[left..];
                count -= left;
            }
            else
            {
                candidates = candidates[..left];
            }
        }
    }

    /// <summary>Moves the fewest best whose weights reach a sum to the front.</summary>
    /// <param name="candidates">In any order; afterwards those are in front, in any order.</param>
    /// <param name="sum">The sum to reach.</param>
    /// <returns>How many; all when their weights do not reach the sum, at least 1.</returns>
    public static int Heaviest(Span<Candidate> candidates, double sum)
    {
        var kept = 0;
        while (candidates.Length > 1)
        {
            var left = Partition(candidates);
            var mass = 0.0;
            foreach (var candidate in candidates[..left])
                mass += candidate.Weight;
            if (mass >= sum)
            {
                candidates = candidates[..left];
                continue;
            }

            kept += left;
            sum -= mass;
            candidates = candidates[left..];
        }

        return kept + candidates.Length;
    }

    /// <summary>Splits into two parts, neither empty, so that each of the first part is better than each of the second; the first part's length.</summary>
    private static int Partition(Span<Candidate> candidates)
    {
        // Never the worst of all, so that the second part is not empty.
        var pivot = candidates.Length == 2 ? Better(candidates[0], candidates[1]) : Median(candidates[0], candidates[candidates.Length / 2], candidates[^1]);
        var (left, right) = (-1, candidates.Length);
        while (true)
        {
            do
                left++;
            while (candidates[left].CompareTo(pivot) < 0);
            do
                right--;
            while (candidates[right].CompareTo(pivot) > 0);
            if (left >= right)
                return right + 1;
            (candidates[left], candidates[right]) = (candidates[right], candidates[left]);
        }
    }

    private static Candidate Better(Candidate a, Candidate b) => a.CompareTo(b) < 0 ? a : b;

    private static Candidate Median(Candidate a, Candidate b, Candidate c)
    {
        if (a.CompareTo(b) > 0)
            (a, b) = (b, a);
        return c.CompareTo(a) < 0 ? a : c.CompareTo(b) > 0 ? b : c;
    }
}

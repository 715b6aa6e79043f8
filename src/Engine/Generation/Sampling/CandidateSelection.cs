namespace Platform.Engine.Generation.Sampling;

/// <summary>Finds the best of many candidates without sorting all of them: in expected linear time (quickselect).</summary>
internal static class CandidateSelection
{
    // More than these are sorted into buckets first, which takes two passes; what is left for the selection is one bucket.
    private const int ManyCandidates = 4096;
    private const int Buckets = 1024;

    /// <summary>Moves the best to the front.</summary>
    /// <param name="candidates">In any order; afterwards the best are in front, in any order.</param>
    /// <param name="count">How many.</param>
    public static void Best(Span<Candidate> candidates, int count)
    {
        if (candidates.Length > ManyCandidates && count > 0 && count < candidates.Length)
        {
            var (certain, open, _) = Split(candidates, count, byWeight: false);
            candidates = candidates.Slice(certain, open);
            count -= certain;
        }

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
        if (candidates.Length > ManyCandidates)
        {
            var (certain, open, weight) = Split(candidates, sum, byWeight: true);
            candidates = candidates.Slice(certain, open);
            (kept, sum) = (certain, sum - weight);
        }

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

    /// <summary>
    /// Moves those to the front that are surely among the best which reach a sum, then those of the bucket in which it is reached, then the rest.
    /// </summary>
    private static (int Certain, int Open, double CertainWeight) Split(Span<Candidate> candidates, double sum, bool byWeight)
    {
        var (least, most) = (float.MaxValue, float.MinValue);
        foreach (var candidate in candidates)
            (least, most) = (Math.Min(least, candidate.Logit), Math.Max(most, candidate.Logit));
        var scale = least < most ? (Buckets - 1) / ((double)most - least) : 0;
        Span<double> weights = stackalloc double[Buckets];
        foreach (var candidate in candidates)
            weights[Bucket(candidate)] += byWeight ? candidate.Weight : 1;
        var (bucket, before) = (0, 0.0);
        for (; bucket < Buckets - 1 && before + weights[bucket] < sum; bucket++)
            before += weights[bucket];

        var (low, next, high) = (0, 0, candidates.Length);
        while (next < high)
        {
            var order = Bucket(candidates[next]).CompareTo(bucket);
            if (order > 0)
            {
                high--;
                (candidates[high], candidates[next]) = (candidates[next], candidates[high]);
                continue;
            }

            if (order < 0)
            {
                (candidates[low], candidates[next]) = (candidates[next], candidates[low]);
                low++;
            }

            next++;
        }

        return (low, high - low, before);

        int Bucket(Candidate candidate) => (int)(((double)most - candidate.Logit) * scale);
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

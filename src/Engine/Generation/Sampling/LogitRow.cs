using System.Numerics;
using System.Runtime.InteropServices;

namespace Platform.Engine.Generation.Sampling;

/// <summary>Passes over one row of logits, as many lanes at once as the processor has.</summary>
internal static class LogitRow
{
    /// <summary>The largest logit.</summary>
    /// <exception cref="InvalidLogitsException">One is NaN or positive infinity, or all are negative infinity.</exception>
    public static float Maximum(ReadOnlySpan<float> logits)
    {
        var best = new Vector<float>(float.NegativeInfinity);
        var faulty = Vector<int>.Zero;
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(logits);
        foreach (var lane in lanes)
        {
            faulty |= ~Vector.Equals(lane, lane); // only NaN differs from itself
            best = Vector.Max(best, lane);
        }

        var maximum = float.NegativeInfinity;
        for (var i = 0; i < Vector<float>.Count; i++)
            maximum = Math.Max(maximum, best[i]);
        foreach (var logit in logits[(lanes.Length * Vector<float>.Count)..])
            maximum = Math.Max(maximum, logit); // NaN wins
        if (faulty != Vector<int>.Zero || float.IsNaN(maximum) || float.IsPositiveInfinity(maximum))
            throw Fault(logits);
        return float.IsNegativeInfinity(maximum)
            ? throw new InvalidLogitsException($"All {logits.Length} logits are negative infinity: no token is left to choose.")
            : maximum;
    }

    /// <summary>The first index of a value that is in the row.</summary>
    public static int IndexOf(ReadOnlySpan<float> logits, float value)
    {
        var wanted = new Vector<float>(value);
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var start = 0;
        while (start < lanes.Length && !Vector.EqualsAny(lanes[start], wanted))
            start++;
        for (var i = start * Vector<float>.Count; i < logits.Length; i++)
        {
            if (logits[i] == value)
                return i;
        }

        return -1;
    }

    /// <summary>Sum of exp((logit - maximum) * scale).</summary>
    public static double SumOfExponentials(ReadOnlySpan<float> logits, float maximum, float scale)
    {
        var (shift, factor) = (new Vector<float>(maximum), new Vector<float>(scale));
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var sum = 0.0;
        for (var start = 0; start < lanes.Length; start += 64)
        {
            // Short partial sums in single precision, added up in double: the error does not grow with the row.
            var part = Vector<float>.Zero;
            foreach (var lane in lanes.Slice(start, Math.Min(64, lanes.Length - start)))
                part += Vector.Exp((lane - shift) * factor);
            sum += Vector.Sum(part);
        }

        foreach (var logit in logits[(lanes.Length * Vector<float>.Count)..])
            sum += MathF.Exp((logit - maximum) * scale);
        return sum;
    }

    /// <summary>Appends the logits that are at least a threshold, with their ids, in order of ids. Those of negative infinity never are.</summary>
    public static void Collect(ReadOnlySpan<float> logits, float threshold, List<Candidate> into)
    {
        threshold = Math.Max(threshold, float.MinValue);
        var least = new Vector<float>(threshold);
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(logits);
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            if (Vector.GreaterThanOrEqualAny(lanes[lane], least))
                CollectPart(logits, lane * Vector<float>.Count, Vector<float>.Count, threshold, into);
        }

        var done = lanes.Length * Vector<float>.Count;
        CollectPart(logits, done, logits.Length - done, threshold, into);
    }

    private static void CollectPart(ReadOnlySpan<float> logits, int start, int count, float threshold, List<Candidate> into)
    {
        for (var i = start; i < start + count; i++)
        {
            if (logits[i] >= threshold)
                into.Add(new Candidate(logits[i], i));
        }
    }

    private static InvalidLogitsException Fault(ReadOnlySpan<float> logits)
    {
        var place = 0;
        while (!float.IsNaN(logits[place]) && !float.IsPositiveInfinity(logits[place]))
            place++;
        return new InvalidLogitsException($"The logit of token {place} is {(float.IsNaN(logits[place]) ? "NaN" : "infinite")}: the model's weights or arithmetic are damaged.");
    }
}

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
    public static double SumOfExponentials(ReadOnlySpan<float> logits, float maximum, float scale) =>
        SumOfExponentials(logits, maximum, scale, float.MinValue).All;

    /// <summary>Sum of exp((logit - maximum) * scale), of all logits and of those that are at least a threshold.</summary>
    public static (double All, double Near) SumOfExponentials(ReadOnlySpan<float> logits, float maximum, float scale, float threshold)
    {
        var (shift, factor, least) = (new Vector<float>(maximum), new Vector<float>(scale), new Vector<float>(threshold));
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var (all, near) = (0.0, 0.0);
        for (var start = 0; start < lanes.Length; start += 64)
        {
            // Short partial sums in single precision, added up in double: the error does not grow with the row.
            var (part, nearPart) = (Vector<float>.Zero, Vector<float>.Zero);
            foreach (var lane in lanes.Slice(start, Math.Min(64, lanes.Length - start)))
            {
                var weight = Vector.Exp((lane - shift) * factor);
                part += weight;
                nearPart += Vector.ConditionalSelect(Vector.GreaterThanOrEqual(lane, least), weight, Vector<float>.Zero);
            }

            all += Vector.Sum(part);
            near += Vector.Sum(nearPart);
        }

        foreach (var logit in logits[(lanes.Length * Vector<float>.Count)..])
        {
            var weight = MathF.Exp((logit - maximum) * scale);
            all += weight;
            near += logit >= threshold ? weight : 0;
        }

        return (all, near);
    }

    /// <summary>The logits that are at least a threshold, in order of ids. Those of negative infinity never are.</summary>
    /// <param name="logits">The row.</param>
    /// <param name="threshold">The threshold.</param>
    /// <param name="maximum">The largest logit, whose weight is 1.</param>
    /// <param name="scale">What the difference to it is multiplied with.</param>
    /// <param name="into">Emptied, then filled.</param>
    public static void Collect(ReadOnlySpan<float> logits, float threshold, float maximum, float scale, List<Candidate> into)
    {
        into.Clear();
        threshold = Math.Max(threshold, float.MinValue);
        var least = new Vector<float>(threshold);
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(logits);
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            if (Vector.GreaterThanOrEqualAny(lanes[lane], least))
                Part(logits, lane * Vector<float>.Count, Vector<float>.Count);
        }

        var done = lanes.Length * Vector<float>.Count;
        Part(logits, done, logits.Length - done);

        void Part(ReadOnlySpan<float> logits, int start, int count)
        {
            for (var i = start; i < start + count; i++)
            {
                if (logits[i] >= threshold)
                    into.Add(new Candidate(logits[i], i, MathF.Exp((logits[i] - maximum) * scale)));
            }
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

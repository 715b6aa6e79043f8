using System.Numerics;
using System.Runtime.InteropServices;

namespace Platform.EngineBench.Peers;

/// <summary>The most likely token, found as fast as memory is read, so that choosing costs a peer nothing.</summary>
internal static class Greedy
{
    public static int Choose(ReadOnlySpan<float> logits)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var highest = new Vector<float>(float.NegativeInfinity);
        foreach (var vector in vectors)
            highest = Vector.Max(highest, vector);
        var best = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++)
            best = Math.Max(best, highest[lane]);
        foreach (var rest in logits[(vectors.Length * Vector<float>.Count)..])
            best = Math.Max(best, rest);
        var wanted = new Vector<float>(best);
        var at = 0;
        while (at < vectors.Length && !Vector.EqualsAny(vectors[at], wanted))
            at++;
        var place = at * Vector<float>.Count;
        while (logits[place] != best)
            place++;
        return place;
    }
}

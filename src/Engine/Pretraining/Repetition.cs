using Platform.Engine.Training;

namespace Platform.Engine.Pretraining;

/// <summary>Writes a stretch of a sequence's first half once more into its second half, where it can be predicted by copying.</summary>
internal static class Repetition
{
    /// <summary>
    /// Length and both places are random, so that the distance between the two says nothing: only the text before can tell what comes next.
    /// </summary>
    /// <param name="row">Token ids; changed in place. Fewer than 4 are left as they are.</param>
    /// <param name="random">Chooses.</param>
    public static void Apply(Span<int> row, SeededRandom random)
    {
        var half = row.Length / 2;
        if (half < 2)
            return;
        var length = Math.Max(1, (half / 4) + random.Next(half / 2));
        var from = random.Next(half - length + 1);
        var to = half + random.Next(row.Length - half - length + 1);
        row.Slice(from, length).CopyTo(row[to..]);
    }
}

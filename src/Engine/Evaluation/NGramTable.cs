using System.Runtime.InteropServices;

namespace Platform.Engine.Evaluation;

/// <summary>
/// Numbers the n-grams of the few texts of one row: the same n-gram always gets the same number, n-grams of different length
/// never do. An n-gram is known by its first n-1 tokens' number and its last token, so no text is ever joined or hashed.
/// </summary>
internal sealed class NGramTable<TToken>
    where TToken : notnull
{
    private const int Empty = 0;
    private readonly Dictionary<TToken, int> _tokens = [];
    private readonly Dictionary<(int Start, int Last), int> _ids = [];

    /// <summary>How often each n-gram of length 1 to <paramref name="longest"/> occurs: element n-1 maps number to count.</summary>
    public Dictionary<int, int>[] Count(IReadOnlyList<TToken> text, int longest)
    {
        var counts = new Dictionary<int, int>[longest];
        var starts = new int[text.Count];
        Array.Fill(starts, Empty);
        var codes = text.Select(token => Number(_tokens, token)).ToArray();
        for (var length = 1; length <= longest; length++)
        {
            counts[length - 1] = [];
            for (var at = 0; at + length <= codes.Length; at++)
            {
                starts[at] = Number(_ids, (starts[at], codes[at + length - 1]));
                CollectionsMarshal.GetValueRefOrAddDefault(counts[length - 1], starts[at], out _)++;
            }
        }
        return counts;
    }

    // Numbers start at 1; 0 is the empty start.
    private static int Number<TKey>(Dictionary<TKey, int> numbers, TKey key)
        where TKey : notnull
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, key, out var known);
        if (!known) number = numbers.Count;
        return number;
    }
}

/// <summary>Arithmetic on counted n-grams.</summary>
internal static class NGramCounts
{
    public static int Total(this Dictionary<int, int> counts) => counts.Values.Sum();

    /// <summary>How many n-grams two texts share, each as often as in the text that has it less often.</summary>
    public static int Overlap(this Dictionary<int, int> counts, Dictionary<int, int> others) =>
        counts.Sum(gram => Math.Min(gram.Value, others.GetValueOrDefault(gram.Key)));
}

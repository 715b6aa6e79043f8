using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation.Constraints;

/// <summary>Sets of characters as expressions over their UTF-8 bytes.</summary>
internal static class Utf8Characters
{
    private const int Surrogates = 0xD800;
    private const int BehindSurrogates = 0xE000;

    /// <summary>Every code point that a text can have.</summary>
    public static CodePointSet All { get; } = CodePointSet.Union([CodePointSet.Of(0, Surrogates - 1), CodePointSet.Of(BehindSurrogates, CodePointSet.End - 1)]);

    /// <summary>What two sets share.</summary>
    public static CodePointSet Intersect(CodePointSet left, CodePointSet right) =>
        CodePointSet.Union([left.Complement(), right.Complement()]).Complement();

    /// <summary>One character of a set; null when there is none that can be written.</summary>
    public static Expression? Of(CodePointSet set, ExpressionPool pool)
    {
        var next = new Expression?[256];
        Fill(next, set, pool);
        return pool.Choice(next);
    }

    /// <summary>Enters the first bytes of a set's characters into a table of choices.</summary>
    public static void Fill(Expression?[] next, CodePointSet set, ExpressionPool pool)
    {
        IReadOnlyList<(int First, int Last)> ranges = Intersect(set, All).Ranges;
        Lead(0x00, 0x00, 0x7F, 0);
        Lead(0xC0, 0x80, 0x7FF, 1);
        Lead(0xE0, 0x800, 0xFFFF, 2);
        Lead(0xF0, 0x10000, 0x10FFFF, 3);

        void Lead(int mark, int first, int last, int more)
        {
            var width = 1 << 6 * more;
            for (var start = first / width * width; start <= last; start += width)
                next[mark | start / width] = Tail(Clip(ranges, Math.Max(first, start), Math.Min(last, start + width - 1)), start, more, pool) ?? next[mark | start / width];
        }
    }

    // The continuation bytes of the code points from `start` on that are in the ranges.
    private static Expression? Tail(List<(int First, int Last)> ranges, int start, int bytes, ExpressionPool pool)
    {
        if (ranges.Count == 0)
            return null;
        if (bytes == 0)
            return pool.Empty;
        var next = new Expression?[256];
        var width = 1 << 6 * (bytes - 1);
        var full = ranges is [var (first, last)] && first == start && last == start + 64 * width - 1;
        for (var value = 0; value < 64; value++)
        {
            var from = start + value * width;
            next[0x80 | value] = full && value > 0 ? next[0x80] : Tail(Clip(ranges, from, from + width - 1), from, bytes - 1, pool);
        }

        return pool.Choice(next);
    }

    private static List<(int First, int Last)> Clip(IReadOnlyList<(int First, int Last)> ranges, int first, int last)
    {
        var (low, high) = (0, ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Last < first)
                low = middle + 1;
            else
                high = middle;
        }

        var clipped = new List<(int First, int Last)>();
        for (; low < ranges.Count && ranges[low].First <= last; low++)
            clipped.Add((Math.Max(ranges[low].First, first), Math.Min(ranges[low].Last, last)));
        return clipped;
    }
}

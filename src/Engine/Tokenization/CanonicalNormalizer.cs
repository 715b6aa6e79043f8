using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>
/// The Unicode normalization forms C and D (Unicode Standard, annex 15). Our own, because <c>string.Normalize</c> leaves every
/// text as it is where globalization is invariant, and tokens must not depend on that setting.
/// </summary>
internal static class CanonicalNormalizer
{
    // Hangul syllables are composed by arithmetic (Unicode Standard, section 3.12).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28, SyllableCount = LeadCount * VowelCount * TrailCount;

    // No character below it changes under form C.
    private const char FirstCombiningMark = '\u0300';

    /// <summary>Form C: everything composed.</summary>
    public static string Compose(string text)
    {
        if (!MayChange(text))
            return text;
        var points = Decomposed(text);
        var kept = ComposeInPlace(points);
        points.RemoveRange(kept, points.Count - kept);
        return ToText(points);
    }

    /// <summary>Form D: everything decomposed.</summary>
    public static string Decompose(string text) => ToText(Decomposed(text));

    private static bool MayChange(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstCombiningMark - 1)) < 0)
            return false;
        var data = CanonicalData.Instance;
        foreach (var rune in text.EnumerateRunes())
        {
            var point = rune.Value;
            if (point >= FirstCombiningMark && (data.MayChange(point) || point is >= VowelBase and < TrailBase + TrailCount))
                return true;
        }

        return false;
    }

    private static List<int> Decomposed(string text)
    {
        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            AddDecomposed(rune.Value, points);
        Reorder(points);
        return points;
    }

    private static void AddDecomposed(int point, List<int> points)
    {
        var syllable = point - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            points.Add(LeadBase + syllable / (VowelCount * TrailCount));
            points.Add(VowelBase + syllable / TrailCount % VowelCount);
            if (syllable % TrailCount > 0)
                points.Add(TrailBase + syllable % TrailCount);
        }
        else if (CanonicalData.Instance.DecompositionOf(point) is { } parts)
        {
            foreach (var part in parts)
                AddDecomposed(part, points);
        }
        else
        {
            points.Add(point);
        }
    }

    // Marks between two starters are sorted by class; those of one class keep their order.
    private static void Reorder(List<int> points)
    {
        var data = CanonicalData.Instance;
        for (var start = 0; start < points.Count;)
        {
            var end = start;
            while (end < points.Count && data.ClassOf(points[end]) != 0)
                end++;
            if (end - start > 1)
            {
                var sorted = points.GetRange(start, end - start).OrderBy(point => data.ClassOf(point)).ToArray();
                for (var i = 0; i < sorted.Length; i++)
                    points[start + i] = sorted[i];
            }

            start = Math.Max(end, start + 1);
        }
    }

    // Returns how many code points are left.
    private static int ComposeInPlace(List<int> points)
    {
        var data = CanonicalData.Instance;
        var starter = -1;
        var kept = 0;
        byte previousClass = 0;
        foreach (var point in points.ToArray())
        {
            var pointClass = data.ClassOf(point);

            // A mark is blocked when one of the same or a higher class, or a starter, stands between it and the starter.
            var adjacent = starter == kept - 1;
            if (starter >= 0 && (adjacent || (previousClass < pointClass && previousClass != 0))
                && Composition(points[starter], point) is { } composed)
            {
                points[starter] = composed;
                continue;
            }

            if (pointClass == 0)
                starter = kept;
            previousClass = pointClass;
            points[kept++] = point;
        }

        return kept;
    }

    private static int? Composition(int first, int second)
    {
        var (lead, vowel) = (first - LeadBase, second - VowelBase);
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
            return SyllableBase + (lead * VowelCount + vowel) * TrailCount;
        var (syllable, trail) = (first - SyllableBase, second - TrailBase);
        if (syllable is >= 0 and < SyllableCount && syllable % TrailCount == 0 && trail is > 0 and < TrailCount)
            return first + trail;
        return CanonicalData.Instance.CompositionOf(first, second);
    }

    private static string ToText(List<int> points)
    {
        var text = new StringBuilder(points.Count);
        foreach (var point in points)
            text.Append(new Rune(point));
        return text.ToString();
    }
}

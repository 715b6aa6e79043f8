using System.Globalization;

namespace Platform.Engine.Tokenization;

/// <summary>A set of Unicode code points, as the sorted ranges that it consists of. Surrogates belong to no set: text has none.</summary>
internal sealed class CodePointSet
{
    /// <summary>One more than the last code point.</summary>
    public const int End = 0x110000;

    private static readonly Lazy<List<(int First, int Last)>[]> RangesOfCategory = new(ScanCategories);

    private CodePointSet(List<(int First, int Last)> ranges) => Ranges = ranges;

    /// <summary>The ranges, sorted; they neither overlap nor touch.</summary>
    public IReadOnlyList<(int First, int Last)> Ranges { get; }

    /// <summary>White space as the reference sees it: Unicode's property White_Space.</summary>
    public static CodePointSet WhiteSpace { get; } =
        Union([Of(0x09, 0x0D), Of(0x20, 0x20), Of(0x85, 0x85), Of(0xA0, 0xA0), Of(0x1680, 0x1680), Of(0x2000, 0x200A), Of(0x2028, 0x2029), Of(0x202F, 0x202F), Of(0x205F, 0x205F), Of(0x3000, 0x3000)]);

    /// <summary>The code points of one range.</summary>
    public static CodePointSet Of(int first, int last) => new([(first, last)]);

    /// <summary>
    /// The code points of a general category such as <c>Lu</c>, or of a group of them such as <c>L</c>; null when there is no such category.
    /// </summary>
    public static CodePointSet? OfCategory(string name)
    {
        var names = CategoryNames.Where(entry => entry == name || (name.Length == 1 && entry[0] == name[0])).ToArray();
        return names.Length == 0 ? null : Union(names.Select(entry => new CodePointSet(RangesOfCategory.Value[Array.IndexOf(CategoryNames, entry)])));
    }

    /// <summary>What is in any of the sets.</summary>
    public static CodePointSet Union(IEnumerable<CodePointSet> sets)
    {
        var merged = new List<(int First, int Last)>();
        foreach (var (first, last) in sets.SelectMany(set => set.Ranges).Order())
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            else
                merged.Add((first, last));
        }

        return new CodePointSet(merged);
    }

    /// <summary>What is not in this set.</summary>
    public CodePointSet Complement()
    {
        var gaps = new List<(int First, int Last)>();
        var next = 0;
        foreach (var (first, last) in Ranges)
        {
            if (first > next)
                gaps.Add((next, first - 1));
            next = last + 1;
        }

        if (next < End)
            gaps.Add((next, End - 1));
        return new CodePointSet(gaps);
    }

    // In the order of .NET's UnicodeCategory.
    private static readonly string[] CategoryNames =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static List<(int First, int Last)>[] ScanCategories()
    {
        var ranges = Array.ConvertAll(CategoryNames, _ => new List<(int First, int Last)>());
        for (var point = 0; point < End; point++)
        {
            var list = ranges[(int)CharUnicodeInfo.GetUnicodeCategory(point)];
            if (list.Count > 0 && list[^1].Last == point - 1)
                list[^1] = (list[^1].First, point);
            else
                list.Add((point, point));
        }

        return ranges;
    }
}

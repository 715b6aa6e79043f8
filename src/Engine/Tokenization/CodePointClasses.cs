using System.Collections;

namespace Platform.Engine.Tokenization;

/// <summary>
/// Sorts all code points into classes, so that those of one class are in the same sets of a pattern: to the pattern they are one
/// character. Each class has a letter, and a text can be rewritten in these letters, one UTF-16 unit for each code point.
/// </summary>
internal sealed class CodePointClasses
{
    // Any letters would do; these are easy to read in a debugger.
    private const char FirstLetter = '0';

    // By far more than any pattern of a tokenizer needs.
    private const int MaximumClasses = 1024;

    private readonly char[] _letters = new char[0x10000];
    private readonly List<(int First, char Letter)> _beyond = [];
    private readonly List<(int First, int Class)> _intervals = [];
    private readonly Dictionary<string, int> _classes = new(StringComparer.Ordinal);

    /// <param name="sets">The sets of the pattern.</param>
    /// <exception cref="NotSupportedException">The sets cut Unicode into too many classes.</exception>
    public CodePointClasses(IReadOnlyList<CodePointSet> sets)
    {
        var changes = sets
            .SelectMany((set, index) => set.Ranges.SelectMany(range => new[] { (Point: range.First, Set: index), (Point: range.Last + 1, Set: index) }))
            .Append((Point: 0, Set: -1))
            .GroupBy(change => change.Point)
            .Where(group => group.Key < CodePointSet.End)
            .OrderBy(group => group.Key);
        var members = new BitArray(sets.Count);
        foreach (var group in changes)
        {
            foreach (var (_, set) in group.Where(change => change.Set >= 0))
                members[set] = !members[set];
            _intervals.Add((group.Key, ClassOf(members)));
        }

        if (_classes.Count > MaximumClasses)
            throw new NotSupportedException($"it distinguishes {_classes.Count} kinds of characters, more than {MaximumClasses}.");
        FillLetters();
    }

    /// <summary>The letters of the code points in a set, for a character class of a regular expression.</summary>
    public string LettersOf(CodePointSet set)
    {
        var next = 0;
        var letters = new SortedSet<char>();
        foreach (var (first, number) in _intervals)
        {
            while (next < set.Ranges.Count && set.Ranges[next].Last < first)
                next++;
            if (next < set.Ranges.Count && set.Ranges[next].First <= first)
                letters.Add((char)(FirstLetter + number));
        }

        return string.Concat(letters);
    }

    /// <summary>Rewrites a text in the letters; returns how many there are, one for each code point.</summary>
    public int Rewrite(ReadOnlySpan<char> text, Span<char> letters)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (char.IsHighSurrogate(character) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                letters[length++] = LetterBeyond(char.ConvertToUtf32(character, text[++i]));
            else
                letters[length++] = _letters[character];
        }

        return length;
    }

    private int ClassOf(BitArray members)
    {
        var key = string.Create(members.Count, members, (text, bits) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = bits[i] ? '1' : '0';
        });
        if (!_classes.TryGetValue(key, out var number))
            _classes.Add(key, number = _classes.Count);
        return number;
    }

    private void FillLetters()
    {
        for (var i = 0; i < _intervals.Count; i++)
        {
            var (first, number) = _intervals[i];
            var end = i + 1 < _intervals.Count ? _intervals[i + 1].First : CodePointSet.End;
            var letter = (char)(FirstLetter + number);
            if (first < _letters.Length)
                Array.Fill(_letters, letter, first, Math.Min(end, _letters.Length) - first);
            if (end > _letters.Length)
                _beyond.Add((first, letter));
        }
    }

    // The last interval that begins at or before the code point.
    private char LetterBeyond(int point)
    {
        var (low, high) = (0, _beyond.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_beyond[middle].First <= point)
                low = middle;
            else
                high = middle - 1;
        }

        return _beyond[low].Letter;
    }
}

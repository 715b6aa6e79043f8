using System.Globalization;

namespace Platform.Engine.Tokenization;

/// <summary>The Unicode tables behind canonical normalization, read once from the embedded <c>CanonicalData.txt</c>.</summary>
internal sealed class CanonicalData
{
    private static readonly Lazy<CanonicalData> Loaded = new(() => new CanonicalData());

    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, int[]> _decompositions = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly HashSet<int> _unstable = [];

    private CanonicalData()
    {
        using var stream = typeof(CanonicalData).Assembly.GetManifestResourceStream(typeof(CanonicalData), "CanonicalData.txt")
            ?? throw new InvalidOperationException("The resource CanonicalData.txt is not in the assembly.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            foreach (var entry in line.Split(';'))
                Add(entry);
        }
    }

    public static CanonicalData Instance => Loaded.Value;

    /// <summary>The canonical combining class: 0 for a character that starts a new group.</summary>
    public byte ClassOf(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>One step of canonical decomposition; null when there is none.</summary>
    public int[]? DecompositionOf(int codePoint) => _decompositions.GetValueOrDefault(codePoint);

    /// <summary>The character that the two compose to; null when there is none.</summary>
    public int? CompositionOf(int first, int second) => _compositions.TryGetValue((first, second), out var composed) ? composed : null;

    /// <summary>Whether text with this character may change when it is composed.</summary>
    public bool MayChange(int codePoint) => _unstable.Contains(codePoint) || _classes.ContainsKey(codePoint);

    private void Add(string entry)
    {
        var sign = entry.AsSpan().IndexOfAny(":=>");
        if (entry[sign] == ':')
        {
            var dash = entry.IndexOf('-', StringComparison.Ordinal);
            var last = Hexadecimal(entry.AsSpan(dash + 1, sign - dash - 1));
            for (var point = dash < 0 ? last : Hexadecimal(entry.AsSpan(0, dash)); point <= last; point++)
                _classes.Add(point, byte.Parse(entry.AsSpan(sign + 1), NumberStyles.None, CultureInfo.InvariantCulture));
            return;
        }

        var codePoint = Hexadecimal(entry.AsSpan(0, sign));
        int[] parts = [.. entry[(sign + 1)..].Split(' ').Select(part => Hexadecimal(part))];
        _decompositions.Add(codePoint, parts);
        if (entry[sign] == '=')
        {
            _compositions.Add((parts[0], parts[1]), codePoint);
            _unstable.Add(parts[1]);
        }
        else
        {
            _unstable.Add(codePoint);
        }
    }

    private static int Hexadecimal(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

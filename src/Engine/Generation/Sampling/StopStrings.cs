namespace Platform.Engine.Generation.Sampling;

/// <summary>Texts that end an answer where they appear in it. Never changes; safe for use by many threads.</summary>
/// <remarks>
/// An Aho-Corasick automaton over UTF-16 units (A. Aho and M. Corasick, Efficient string matching, 1975), so the time does not depend on how
/// many there are.
/// </remarks>
public sealed class StopStrings
{
    /// <summary>Most texts.</summary>
    public const int MaximumCount = 16;

    /// <summary>Most UTF-16 units of a text.</summary>
    public const int MaximumLength = 512;

    private readonly List<Node> _nodes = [new Node()];

    /// <param name="texts">Up to <see cref="MaximumCount"/>, none empty.</param>
    /// <exception cref="ArgumentException">There are too many, or one is empty, too long, or has half a surrogate pair.</exception>
    public StopStrings(params IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count > MaximumCount)
            throw new ArgumentException($"stop has {texts.Count} texts; at most {MaximumCount} are allowed.", nameof(texts));
        for (var i = 0; i < texts.Count; i++)
        {
            Check(texts[i], i);
            Insert(texts[i]);
        }

        Link();
    }

    /// <summary>Nothing ends an answer.</summary>
    public static StopStrings None { get; } = new();

    /// <summary>Where in the automaton a text is: how much of its end may become a stop string, and which one it ends with.</summary>
    /// <param name="node">The place before; 0 at the start.</param>
    /// <param name="unit">The next UTF-16 unit.</param>
    internal int Next(int node, char unit)
    {
        while (true)
        {
            if (_nodes[node].Children.TryGetValue(unit, out var child))
                return child;
            if (node == 0)
                return 0;
            node = _nodes[node].Fallback;
        }
    }

    /// <summary>UTF-16 units at the end of the text that a stop string begins with.</summary>
    internal int Depth(int node) => _nodes[node].Depth;

    /// <summary>The longest stop string that the text ends with; null for none.</summary>
    internal string? Match(int node) => _nodes[node].Match;

    private static void Check(string text, int index)
    {
        if (string.IsNullOrEmpty(text))
            throw new ArgumentException($"stop[{index}] is empty; leave it out.");
        if (text.Length > MaximumLength)
            throw new ArgumentException($"stop[{index}] has {text.Length} characters; at most {MaximumLength} are allowed.");
        if (Tokenization.UnicodeText.ReplaceLoneSurrogates(text) != text)
            throw new ArgumentException($"stop[{index}] has half a surrogate pair, which is no character.");
    }

    private void Insert(string text)
    {
        var node = 0;
        foreach (var unit in text)
        {
            if (!_nodes[node].Children.TryGetValue(unit, out var child))
            {
                child = _nodes.Count;
                _nodes.Add(new Node { Depth = _nodes[node].Depth + 1 });
                _nodes[node].Children.Add(unit, child);
            }

            node = child;
        }

        _nodes[node].Match = text;
    }

    // Level by level: the fallback of a node is shorter than the node.
    private void Link()
    {
        var open = new Queue<int>(_nodes[0].Children.Values);
        while (open.TryDequeue(out var node))
        {
            foreach (var (unit, child) in _nodes[node].Children)
            {
                _nodes[child].Fallback = Next(_nodes[node].Fallback, unit);
                open.Enqueue(child);
            }

            _nodes[node].Match ??= _nodes[_nodes[node].Fallback].Match;
        }
    }

    private sealed class Node
    {
        public Dictionary<char, int> Children { get; } = [];

        public int Fallback { get; set; }

        public int Depth { get; init; }

        public string? Match { get; set; }
    }
}

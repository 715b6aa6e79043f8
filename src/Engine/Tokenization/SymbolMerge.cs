namespace Platform.Engine.Tokenization;

/// <summary>Merges the symbols of one word: of all neighbouring pairs the one with the lowest rank, the leftmost of equals, until none is left.</summary>
/// <remarks>
/// The symbols are a doubly linked list in arrays, the candidates a heap. A candidate whose symbols have changed since it was queued
/// is dropped when it comes up. n symbols can queue at most 3n candidates, hence O(n log n).
/// </remarks>
internal sealed class SymbolMerge
{
    private const int Gone = -1;

    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;
    private readonly int[] _ids;
    private readonly int[] _previous;
    private readonly int[] _next;
    private readonly PriorityQueue<(int Position, int Left, int Right), long> _candidates = new();

    public SymbolMerge(List<int> symbols, Dictionary<(int Left, int Right), (int Rank, int Id)> merges)
    {
        _merges = merges;
        _ids = [.. symbols];
        _previous = new int[_ids.Length];
        _next = new int[_ids.Length];
        for (var i = 0; i < _ids.Length; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < _ids.Length ? i + 1 : Gone;
        }
    }

    /// <summary>Candidates looked at so far.</summary>
    public long Steps { get; private set; }

    public int[] Run()
    {
        for (var i = 0; i + 1 < _ids.Length; i++)
            Queue(i);
        while (_candidates.TryDequeue(out var candidate, out _))
        {
            Steps++;
            var (position, left, right) = candidate;
            var next = _next[position];
            if (_ids[position] == left && next != Gone && _ids[next] == right)
                Merge(position, next);
        }

        return Array.FindAll(_ids, id => id != Gone);
    }

    private void Merge(int position, int next)
    {
        _ids[position] = _merges[(_ids[position], _ids[next])].Id;
        _ids[next] = Gone;
        _next[position] = _next[next];
        if (_next[next] != Gone)
        {
            _previous[_next[next]] = position;
            Queue(position);
        }

        if (_previous[position] >= 0)
            Queue(_previous[position]);
    }

    private void Queue(int position)
    {
        var pair = (_ids[position], _ids[_next[position]]);
        if (_merges.TryGetValue(pair, out var merge))
            _candidates.Enqueue((position, pair.Item1, pair.Item2), ((long)merge.Rank << 32) | (uint)position);
    }
}

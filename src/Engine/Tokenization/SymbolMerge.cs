namespace Platform.Engine.Tokenization;

/// <summary>Merges the symbols of one word: of all neighbouring pairs the one with the lowest rank, the leftmost of equals, until none is left.</summary>
/// <remarks>
/// The symbols are a doubly linked list in arrays, the candidates a heap. A candidate whose symbols have changed since it was queued
/// is dropped when it comes up. n symbols can queue at most 3n candidates, hence O(n log n).
/// An instance is used again and again by one thread; its arrays grow with the longest word.
/// </remarks>
internal sealed class SymbolMerge
{
    private const int None = -1;

    private readonly List<int> _symbols = [];
    private int[] _previous = [];
    private int[] _next = [];

    // A binary heap of rank (high half) and position (low half).
    private ulong[] _heap = [];
    private int _candidates;

    /// <summary>The symbols of the word; the caller fills it, <see cref="Run"/> leaves the tokens in it.</summary>
    public List<int> Symbols => _symbols;

    /// <summary>Merges; returns how many candidates were looked at.</summary>
    public long Run(MergeTable merges)
    {
        var ids = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_symbols);
        Prepare(ids.Length);
        for (var i = 0; i + 1 < ids.Length; i++)
            Queue(merges.RankOf(ids[i], ids[i + 1]), i);

        var steps = 0L;
        while (_candidates > 0)
        {
            steps++;
            var (rank, position) = Dequeue();
            var next = _next[position];
            if (next != None && merges.IsOf(rank, ids[position], ids[next]))
                Merge(ids, merges, rank, position, next);
        }

        _symbols.RemoveAll(id => id == None);
        return steps;
    }

    private void Prepare(int length)
    {
        if (_next.Length < length)
        {
            var capacity = Math.Max(64, length);
            _previous = new int[capacity];
            _next = new int[capacity];
            _heap = new ulong[3 * capacity];
        }

        for (var i = 0; i < length; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < length ? i + 1 : None;
        }
    }

    private void Merge(Span<int> ids, MergeTable merges, int rank, int position, int next)
    {
        ids[position] = merges.IdOf(rank);
        ids[next] = None;
        var after = _next[next];
        _next[position] = after;
        _next[next] = None;
        if (after != None)
        {
            _previous[after] = position;
            Queue(merges.RankOf(ids[position], ids[after]), position);
        }

        var before = _previous[position];
        if (before != None)
            Queue(merges.RankOf(ids[before], ids[position]), before);
    }

    private void Queue(int rank, int position)
    {
        if (rank < 0)
            return;
        var entry = ((ulong)(uint)rank << 32) | (uint)position;
        var child = _candidates++;
        while (child > 0)
        {
            var parent = (child - 1) / 2;
            if (_heap[parent] <= entry)
                break;
            _heap[child] = _heap[parent];
            child = parent;
        }

        _heap[child] = entry;
    }

    private (int Rank, int Position) Dequeue()
    {
        var top = _heap[0];
        var last = _heap[--_candidates];
        var parent = 0;
        for (var child = 1; child < _candidates; child = 2 * parent + 1)
        {
            if (child + 1 < _candidates && _heap[child + 1] < _heap[child])
                child++;
            if (_heap[child] >= last)
                break;
            _heap[parent] = _heap[child];
            parent = child;
        }

        _heap[parent] = last;
        return ((int)(top >> 32), (int)(uint)top);
    }
}

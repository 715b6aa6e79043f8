using System.Runtime.InteropServices;

namespace Platform.Engine.Tokenization;

/// <summary>Merges the symbols of one word: of all neighbouring pairs the one with the lowest rank, the leftmost of equals, until none is left.</summary>
/// <remarks>
/// The symbols are a doubly linked list in arrays, the candidates a heap. A candidate whose symbols have changed since it was queued
/// is dropped when it comes up. n symbols can queue at most 3n candidates, hence O(n log n). A word of few symbols needs neither list nor
/// heap: looking at all of its pairs for each merge is quicker.
/// An instance is used again and again by one thread; its arrays grow with the longest word.
/// </remarks>
internal sealed class SymbolMerge
{
    private const int None = -1;
    private const int FewSymbols = 32;

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
        if (_symbols.Count <= FewSymbols)
            return RunFew(merges);
        var ids = CollectionsMarshal.AsSpan(_symbols);
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

    private long RunFew(MergeTable merges)
    {
        var ids = CollectionsMarshal.AsSpan(_symbols);
        Span<uint> ranks = stackalloc uint[FewSymbols]; // of each symbol with the next; pairs that are not merged have the highest
        var count = ids.Length;
        for (var i = 0; i + 1 < count; i++)
            ranks[i] = (uint)merges.RankOf(ids[i], ids[i + 1]);

        var steps = 0L;
        for (; count > 1; steps++)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
                best = ranks[i] < ranks[best] ? i : best;
            if ((int)ranks[best] < 0)
                break;
            ids[best] = merges.IdOf((int)ranks[best]);
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            ranks[(best + 2)..Math.Max(best + 2, count - 1)].CopyTo(ranks[(best + 1)..]);
            count--;
            if (best + 1 < count)
                ranks[best] = (uint)merges.RankOf(ids[best], ids[best + 1]);
            if (best > 0)
                ranks[best - 1] = (uint)merges.RankOf(ids[best - 1], ids[best]);
        }

        CollectionsMarshal.SetCount(_symbols, count);
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

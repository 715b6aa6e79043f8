using System.Runtime.InteropServices;
using System.Text;

namespace Platform.Engine.Tokenization;

/// <summary>
/// Learns the merges of a byte-level BPE: again and again, the most frequent pair of neighbouring tokens becomes one token.
/// </summary>
/// <remarks>
/// Words are counted once and kept as token sequences. A merge touches only the words that hold the pair, and adjusts the counts of
/// the pairs next to it; a heap gives the most frequent pair. An entry whose count has changed since it was queued is put back with
/// the new count when it comes up, so the heap never has to be searched.
/// Ties: of two pairs with the same count, the one whose left token has the smaller id goes first, then the smaller right id.
/// Everything else is integer arithmetic in a fixed order, so the same sample gives the same tokenizer on any computer.
/// </remarks>
internal sealed class PairMerger
{
    private readonly int _firstByteId;
    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly int[][] _words;
    private readonly int[] _lengths;
    private readonly long[] _wordCounts;
    private readonly Dictionary<(int Left, int Right), long> _pairCounts = [];
    private readonly Dictionary<(int Left, int Right), List<int>> _wordsWithPair = [];
    private readonly PriorityQueue<(int Left, int Right), (long NegatedCount, int Left, int Right)> _queue = new();
    private readonly HashSet<(int Left, int Right)> _grown = [];

    /// <param name="counts">Each distinct word with its number of occurrences.</param>
    /// <param name="firstByteId">The id of byte 0; the other bytes follow.</param>
    public PairMerger(IReadOnlyDictionary<string, long> counts, int firstByteId)
    {
        _firstByteId = firstByteId;
        for (var value = 0; value < 256; value++)
            IdOf(ByteAlphabet.ToCharacter((byte)value).ToString());

        // Sorted, so that the result does not depend on the order in which the words were met.
        var ordered = counts.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToArray();
        _words = [.. ordered.Select(entry => Array.ConvertAll(Encoding.UTF8.GetBytes(entry.Key), value => value + firstByteId))];
        _lengths = [.. _words.Select(word => word.Length)];
        _wordCounts = [.. ordered.Select(entry => entry.Value)];
        for (var word = 0; word < _words.Length; word++)
        {
            for (var i = 0; i + 1 < _lengths[word]; i++)
                Count((_words[word][i], _words[word][i + 1]), word, _wordCounts[word]);
        }

        QueueGrown();
    }

    /// <summary>The tokens so far, in the byte alphabet: the 256 bytes, then what was merged. Their ids count up from the first byte's.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Merges until there are <paramref name="tokenCount"/> tokens or no pair is seen often enough; returns the merges in order.</summary>
    public List<(int Left, int Right)> Learn(int tokenCount, int minimumCount, CancellationToken cancellationToken)
    {
        var merges = new List<(int Left, int Right)>();
        while (_tokens.Count < tokenCount && TryDequeue(out var pair, out var count) && count >= minimumCount)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Merge(pair, IdOf(_tokens[pair.Left - _firstByteId] + _tokens[pair.Right - _firstByteId]));
            merges.Add(pair);
        }

        return merges;
    }

    // Two pairs can spell the same token (a+bc, ab+c): then the second merge leads to the token that is there.
    private int IdOf(string token)
    {
        if (!_ids.TryGetValue(token, out var id))
        {
            id = _firstByteId + _tokens.Count;
            _ids.Add(token, id);
            _tokens.Add(token);
        }

        return id;
    }

    private bool TryDequeue(out (int Left, int Right) pair, out long count)
    {
        while (_queue.TryDequeue(out pair, out var priority))
        {
            count = _pairCounts.GetValueOrDefault(pair);
            if (count == -priority.NegatedCount)
                return true;
            if (count > 0)
                _queue.Enqueue(pair, (-count, pair.Left, pair.Right));
        }

        count = 0;
        return false;
    }

    private void Merge((int Left, int Right) pair, int newId)
    {
        _wordsWithPair.Remove(pair, out var words);
        foreach (var word in words!)
            MergeInWord(word, pair, newId);
        _pairCounts.Remove(pair);
        QueueGrown();
    }

    private void MergeInWord(int word, (int Left, int Right) pair, int newId)
    {
        var tokens = _words[word];
        var length = _lengths[word];
        var count = _wordCounts[word];
        var kept = 0;
        for (var i = 0; i < length; kept++)
        {
            if (i + 1 >= length || tokens[i] != pair.Left || tokens[i + 1] != pair.Right)
            {
                tokens[kept] = tokens[i++];
                continue;
            }

            // The left neighbour is already in its final place; it may itself be the token just made.
            if (kept > 0)
            {
                var left = tokens[kept - 1];
                Count((left, tokens[i]), word, -count);
                Count((left, newId), word, count);
            }

            if (i + 2 < length)
            {
                Count((tokens[i + 1], tokens[i + 2]), word, -count);
                Count((newId, tokens[i + 2]), word, count);
            }

            tokens[kept] = newId;
            i += 2;
        }

        _lengths[word] = kept;
    }

    private void Count((int Left, int Right) pair, int word, long change)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_pairCounts, pair, out _) += change;
        if (change < 0)
            return;
        _grown.Add(pair);
        ref var words = ref CollectionsMarshal.GetValueRefOrAddDefault(_wordsWithPair, pair, out _);
        words ??= [];
        if (words.Count == 0 || words[^1] != word)
            words.Add(word);
    }

    private void QueueGrown()
    {
        foreach (var pair in _grown)
            _queue.Enqueue(pair, (-_pairCounts[pair], pair.Left, pair.Right));
        _grown.Clear();
    }
}

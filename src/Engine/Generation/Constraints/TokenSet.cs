using System.Numerics;

namespace Platform.Engine.Generation.Constraints;

/// <summary>A set of token ids, one bit each. Never changes; safe for use by many threads.</summary>
public sealed class TokenSet
{
    private readonly ulong[] _words;

    internal TokenSet(ulong[] words)
    {
        _words = words;
        foreach (var word in words)
            Count += BitOperations.PopCount(word);
    }

    /// <summary>How many tokens are in it.</summary>
    public int Count { get; }

    /// <summary>Bit <c>id % 64</c> of word <c>id / 64</c> says whether the token is in the set; ids beyond the words are not.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>Whether a token is in the set.</summary>
    /// <param name="token">Its id.</param>
    public bool Contains(int token) => (uint)token < (uint)_words.Length * 64 && (_words[token >> 6] >> (token & 63) & 1) != 0;

    /// <summary>The ids in the set, smallest first.</summary>
    public IReadOnlyList<int> Ids() => [.. Enumerable.Range(0, _words.Length * 64).Where(Contains)];

    /// <summary>The smallest id in the set, -1 when it is empty: with a <see cref="Count"/> of 1 the token that needs no model.</summary>
    public int First
    {
        get
        {
            var place = Array.FindIndex(_words, word => word != 0);
            return place < 0 ? -1 : place * 64 + BitOperations.TrailingZeroCount(_words[place]);
        }
    }

    /// <summary>Sets what is not in the set to negative infinity.</summary>
    /// <param name="logits">One row; index is token id. It may have more entries than the vocabulary (padding rows of a model), which go too.</param>
    public void Apply(Span<float> logits)
    {
        for (var start = 0; start < logits.Length; start += 64)
        {
            var row = logits.Slice(start, Math.Min(64, logits.Length - start));
            var word = start >> 6 < _words.Length ? _words[start >> 6] : 0;
            if (word == 0)
            {
                row.Fill(float.NegativeInfinity);
                continue;
            }

            for (var bits = ~word; bits != 0; bits &= bits - 1)
            {
                var place = BitOperations.TrailingZeroCount(bits);
                if (place >= row.Length)
                    break;
                row[place] = float.NegativeInfinity;
            }
        }
    }
}

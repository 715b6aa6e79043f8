using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation.Constraints;

/// <summary>
/// What constraints need to know of a tokenizer: the bytes of every token, as a tree, and the tokens that end an answer. Built once for a
/// tokenizer (less than a second and about 10 MB for 152,000 tokens) and shared by all its constraints. Never changes; safe for use by many threads.
/// </summary>
/// <remarks>
/// Bytes are those that a token adds in the middle of a text; parts of characters (byte-level and byte-fallback tokens) are bytes like any
/// other. Special tokens have none, so no constraint ever allows them. A tokenizer that takes a blank off the start of a decoded text
/// (SentencePiece) does so with a constrained text too, where that is decoded apart from its prompt.
/// </remarks>
public sealed class TokenVocabulary
{
    private readonly int[] _starts;
    private readonly byte[] _bytes;

    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="endTokens">Each of them ends an answer; at least one.</param>
    /// <exception cref="ArgumentException">There is no end token.</exception>
    public TokenVocabulary(Tokenizer tokenizer, params IReadOnlyList<int> endTokens)
        : this(BytesOf(tokenizer), endTokens)
    {
    }

    internal TokenVocabulary(IReadOnlyList<byte[]> tokens, IReadOnlyList<int> endTokens)
    {
        ArgumentNullException.ThrowIfNull(endTokens);
        if (endTokens.Count == 0 || endTokens.Any(token => token < 0))
            throw new ArgumentException("Name at least one token that ends an answer, by its id.", nameof(endTokens));
        EndTokens = [.. endTokens.Distinct()];
        var ends = EndTokens.ToHashSet();
        byte[][] writable = [.. tokens.Select((bytes, id) => ends.Contains(id) ? [] : bytes)];
        Trie = new TokenTrie(writable);
        Size = Math.Max(writable.Length, EndTokens.Max() + 1);
        Writable = new bool[256];
        ByteTokens = [.. Enumerable.Range(0, writable.Length).Where(id => writable[id].Length == 1)];
        foreach (var token in ByteTokens)
            Writable[writable[token][0]] = true;
        _starts = new int[writable.Length + 1];
        for (var id = 0; id < writable.Length; id++)
            _starts[id + 1] = _starts[id] + writable[id].Length;
        _bytes = [.. writable.SelectMany(bytes => bytes)];
    }

    /// <summary>Every id that may be allowed is below this number.</summary>
    public int Size { get; }

    /// <summary>The tokens that end an answer.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int LongestToken => Trie.Depth;

    internal TokenTrie Trie { get; }

    /// <summary>The tokens of one byte.</summary>
    internal IReadOnlyList<int> ByteTokens { get; }

    /// <summary>Which bytes have a token of their own.</summary>
    internal bool[] Writable { get; }

    /// <summary>The bytes that a token adds to a text; empty for special tokens, end tokens, and ids that the tokenizer does not have.</summary>
    /// <param name="token">Its id.</param>
    public ReadOnlySpan<byte> Bytes(int token) => token < 0 || token >= _starts.Length - 1 ? [] : _bytes.AsSpan(_starts[token].._starts[token + 1]);

    private static byte[][] BytesOf(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.BytesOf)];
    }
}

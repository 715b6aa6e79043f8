namespace Platform.Engine.Generation.Constraints;

/// <summary>Finds the tokens that may follow in a state, and keeps what it found. Safe for use by many threads.</summary>
internal sealed class AllowedTokens(Automaton automaton, TokenVocabulary vocabulary)
{
    // Readings in the states of one walk. A schema stays far below; one made to be slow is cut here: then only tokens up to there and
    // those of one byte are found, which are enough to write every text.
    private const int MaximumReadings = 32_768;

    // Of the sets that are kept, in 64-bit words: 16 MB.
    private const int KeptWords = 2_000_000;

    private readonly List<AutomatonState> _kept = [];
    private readonly AutomatonState[] _path = new AutomatonState[vocabulary.Trie.Depth + 1];
    private int _walks;

    /// <summary>The tokens that may follow.</summary>
    public TokenSet Of(AutomatonState state) => Volatile.Read(ref state.Allowed) ?? Find(state);

    private TokenSet Find(AutomatonState state)
    {
        lock (automaton.Gate)
        {
            if (Volatile.Read(ref state.Allowed) is { } known)
                return known;
            var near = automaton.Clamp(state, vocabulary.LongestToken);
            var allowed = Volatile.Read(ref near.Allowed) ?? Walk(near);
            Keep(near, allowed);
            if (near != state)
                Keep(state, allowed);
            return allowed;
        }
    }

    private void Keep(AutomatonState state, TokenSet allowed)
    {
        if (_kept.Count * (long)allowed.Words.Length > KeptWords)
        {
            foreach (var old in _kept)
                Volatile.Write(ref old.Allowed, null);
            _kept.Clear();
        }

        Volatile.Write(ref state.Allowed, allowed);
        _kept.Add(state);
    }

    private TokenSet Walk(AutomatonState start)
    {
        var words = new ulong[(vocabulary.Size + 63) / 64];
        if (start.Accepts)
        {
            foreach (var token in vocabulary.EndTokens)
                Add(words, token);
        }

        if (!start.IsFinal)
            WalkTrie(start, words);
        return new TokenSet(words);
    }

    private void WalkTrie(AutomatonState start, ulong[] words)
    {
        var trie = vocabulary.Trie;
        ReadOnlySpan<TokenTrie.Node> nodes = trie.Nodes;
        var walk = ++_walks;
        var readings = 0;
        _path[0] = start;
        for (var i = 0; i < nodes.Length;)
        {
            ref readonly var node = ref nodes[i];
            var state = automaton.Next(_path[node.Depth], node.Byte);
            if (automaton.IsDead(state))
            {
                i = node.End;
                continue;
            }

            for (var token = node.Token; token >= 0; token = trie.SameBytes(token))
                Add(words, token);
            if (state.LastWalk != walk)
            {
                state.LastWalk = walk;
                readings += state.Readings.Length;
            }

            _path[node.Depth + 1] = state;
            i = readings > MaximumReadings ? node.End : i + 1;
        }
    }

    private static void Add(ulong[] words, int token) => words[token >> 6] |= 1UL << (token & 63);
}

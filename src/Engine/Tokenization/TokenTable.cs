namespace Platform.Engine.Tokenization;

/// <summary>Which token has which id: the model's vocabulary and the added tokens.</summary>
internal sealed class TokenTable
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);
    private readonly string?[] _tokens;
    private readonly HashSet<int> _special = [];
    private readonly Dictionary<int, string> _decoded = [];

    /// <exception cref="InvalidDataException">Two tokens claim the same id, or one token two ids.</exception>
    public TokenTable(Dictionary<string, int> vocabulary, IReadOnlyList<AddedToken> addedTokens, string file)
    {
        _ids = vocabulary;
        var highest = Math.Max(vocabulary.Values.DefaultIfEmpty(-1).Max(), addedTokens.Select(token => token.Id).DefaultIfEmpty(-1).Max());

        // A stray huge id must not allocate gigabytes.
        if (highest > 16 * (vocabulary.Count + addedTokens.Count) + 65_536)
            throw new InvalidDataException($"{file}: the id {highest} is far beyond the {vocabulary.Count + addedTokens.Count} tokens.");
        _tokens = new string?[highest + 1];
        foreach (var (token, id) in vocabulary)
        {
            if (_tokens[id] is { } other)
                throw new InvalidDataException($"{file}: model.vocab: '{other}' and '{token}' have the same id {id}.");
            _tokens[id] = token;
        }

        for (var i = 0; i < addedTokens.Count; i++)
            Add(addedTokens[i], $"{file}: added_tokens[{i}]");
    }

    /// <summary>One more than the highest id.</summary>
    public int Size => _tokens.Length;

    public int? IdOf(string token) =>
        _addedIds.TryGetValue(token, out var id) || _ids.TryGetValue(token, out id) ? id : null;

    /// <summary>The token as it is written in the file.</summary>
    public string? TextOf(int id) => id < 0 || id >= _tokens.Length ? null : _tokens[id];

    /// <summary>What the decoder is given for the token; null for nothing.</summary>
    public string? DecodedOf(int id, bool skipSpecial)
    {
        if (skipSpecial && _special.Contains(id))
            return null;
        return _decoded.TryGetValue(id, out var text) ? text : TextOf(id);
    }

    /// <summary>Gives the decoder another text for a token: the reference decodes an added token in the form in which it finds it.</summary>
    public void SetDecoded(int id, string text) => _decoded[id] = text;

    public bool IsSpecial(int id) => _special.Contains(id);

    private void Add(AddedToken token, string where)
    {
        if (IdOf(token.Content) is { } known && known != token.Id)
            throw new InvalidDataException($"{where}.id: '{token.Content}' has the id {token.Id} here and {known} elsewhere in the file.");
        if (_tokens[token.Id] is { } other && other != token.Content)
            throw new InvalidDataException($"{where}.id: '{token.Content}' and '{other}' have the same id {token.Id}.");
        _tokens[token.Id] = token.Content;
        _addedIds[token.Content] = token.Id;
        if (token.Special)
            _special.Add(token.Id);
    }
}

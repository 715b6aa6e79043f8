namespace Platform.Engine.Tokenization;

/// <summary>What a new tokenizer shall be.</summary>
public sealed record TokenizerTrainerOptions
{
    /// <summary>Number of tokens, with the special tokens and the 256 single bytes.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>
    /// The special tokens, which take the ids 0, 1, 2 ... in this order. The first one ends a text: it becomes the
    /// end-of-text and the padding token of tokenizer_config.json.
    /// </summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|endoftext|>"];

    /// <summary>A pair of tokens seen fewer times than this in the sample is not merged.</summary>
    public int MinimumPairCount { get; init; } = 2;

    /// <summary>The longest input of the model in tokens, for tokenizer_config.json; null leaves it out.</summary>
    public int? ModelMaximumLength { get; init; }

    /// <exception cref="ArgumentException">A value cannot be used; all problems are named.</exception>
    internal void Validate()
    {
        var problems = new List<string>();
        if (SpecialTokens.Count == 0)
            problems.Add($"{nameof(SpecialTokens)} is empty; give at least the token that ends a text.");
        if (SpecialTokens.Any(string.IsNullOrWhiteSpace))
            problems.Add($"{nameof(SpecialTokens)} has an empty token; leave it out.");
        foreach (var token in SpecialTokens.GroupBy(token => token, StringComparer.Ordinal).Where(group => group.Count() > 1))
            problems.Add($"{nameof(SpecialTokens)} has '{token.Key}' more than once; keep one.");
        foreach (var token in SpecialTokens.Where(token => token.Length == 1 && ByteAlphabet.TryGetByte(token[0], out _)))
            problems.Add($"{nameof(SpecialTokens)} has '{token}', which is the name of a byte; choose a longer token.");
        if (VocabularySize < SpecialTokens.Count + 256)
            problems.Add($"{nameof(VocabularySize)} is {VocabularySize}; it must be at least {SpecialTokens.Count + 256} (256 bytes and the special tokens).");
        if (MinimumPairCount < 1)
            problems.Add($"{nameof(MinimumPairCount)} is {MinimumPairCount}; it must be at least 1.");
        if (ModelMaximumLength is < 1)
            problems.Add($"{nameof(ModelMaximumLength)} is {ModelMaximumLength}; it must be at least 1, or null.");
        if (problems.Count > 0)
            throw new ArgumentException(string.Join(" ", problems));
    }
}

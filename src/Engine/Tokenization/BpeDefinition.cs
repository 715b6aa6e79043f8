namespace Platform.Engine.Tokenization;

/// <summary>What tokenizer.json says about the model.</summary>
internal sealed record BpeDefinition
{
    /// <summary>Token to id, without the tokens that only the added-token list has.</summary>
    public required Dictionary<string, int> Vocabulary { get; init; }

    /// <summary>The pairs of tokens that may be merged.</summary>
    public required MergeTable Merges { get; init; }

    /// <summary>
    /// The characters that a merge joins with a SentencePiece mark behind them: nothing is ever merged across the beginning of a word
    /// behind any other. Null when it cannot be said by characters.
    /// </summary>
    public IReadOnlySet<char>? JoinedWithMark { get; init; }

    /// <summary>Ids of special tokens, which no rule of the model may give.</summary>
    public required IReadOnlySet<int> SpecialIds { get; init; }

    /// <summary>The symbols are bytes in the byte alphabet, not characters.</summary>
    public bool ByteLevel { get; init; }

    /// <summary>A character that is not in the vocabulary becomes the tokens of its UTF-8 bytes (byte_fallback).</summary>
    public bool ByteFallback { get; init; }

    /// <summary>What stands for a character that cannot be written otherwise.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Neighbouring unknowns are one token (fuse_unk).</summary>
    public bool FusesUnknown { get; init; }

    /// <summary>A word that is a token is that token, whatever the merges would give (ignore_merges).</summary>
    public bool LooksUpWholeWords { get; init; }
}

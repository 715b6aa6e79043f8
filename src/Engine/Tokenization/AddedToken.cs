namespace Platform.Engine.Tokenization;

/// <summary>A token that is found in the text before any other rule applies, with the options of tokenizer.json.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
internal sealed record AddedToken(int Id, string Content)
{
    /// <summary>Left out of a decoded text by default; not part of any language.</summary>
    public bool Special { get; init; } = true;

    /// <summary>Not found inside a word.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes the blanks before it.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Takes the blanks after it.</summary>
    public bool StripsRight { get; init; }

    /// <summary>Looked for after normalization instead of before.</summary>
    public bool Normalized { get; init; }
}

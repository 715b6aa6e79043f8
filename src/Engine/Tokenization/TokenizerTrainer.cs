namespace Platform.Engine.Tokenization;

/// <summary>
/// Trains a byte-level BPE tokenizer (Sennrich et al., 2016, on bytes as in GPT-2) with the split of Qwen 2: digits one by one.
/// </summary>
/// <remarks>
/// Deterministic: the same sample and options give the same file, whatever the order of the documents. Of equally frequent pairs the one with the
/// smaller left id, then the smaller right id, is merged first.
/// Ids: the special tokens, the 256 bytes in order, then the merged tokens in the order in which they were learned.
/// </remarks>
public static class TokenizerTrainer
{
    /// <summary>Learns a tokenizer from a sample of the text that the model will see.</summary>
    /// <param name="documents">The sample; read once. Special tokens that occur in it are not learned from.</param>
    /// <param name="options">What the tokenizer shall be; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>
    /// The tokenizer. It has fewer tokens than asked for when the sample has no more pairs that are frequent enough;
    /// see <see cref="Tokenizer.VocabularySize"/>.
    /// </returns>
    /// <exception cref="ArgumentException">An option cannot be used.</exception>
    public static Tokenizer Train(
        IEnumerable<string> documents, TokenizerTrainerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        options ??= new TokenizerTrainerOptions();
        options.Validate();

        var words = new WordCounter(new SplitPattern(SplitPattern.Qwen2, "split"), options.SpecialTokens);
        foreach (var document in documents)
        {
            cancellationToken.ThrowIfCancellationRequested();
            words.Add(document);
        }

        var specialCount = options.SpecialTokens.Count;
        var merger = new PairMerger(words.Counts, specialCount);
        var merges = merger.Learn(options.VocabularySize - specialCount, options.MinimumPairCount, cancellationToken);
        var tokens = options.SpecialTokens.Concat(merger.Tokens).ToArray();
        return Tokenizer.Parse(
            TrainedTokenizerFile.Write(tokens, specialCount, merges),
            TrainedTokenizerFile.WriteConfig(options),
            "the trained tokenizer");
    }
}

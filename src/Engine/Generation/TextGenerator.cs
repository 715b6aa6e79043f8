using Platform.Engine.Models;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Generation;

/// <summary>Continues plain text, most likely token first.</summary>
public sealed class TextGenerator
{
    private readonly CausalLanguageModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly GreedyDecoder _decoder;

    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="endTokens">
    /// Each of them ends a text; a chat model has several, see <see cref="GenerationConfig"/>. When null or empty, the one that the model's
    /// or the tokenizer's config names.
    /// </param>
    public TextGenerator(CausalLanguageModel model, Tokenizer tokenizer, IReadOnlyList<int>? endTokens = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_model, _tokenizer) = (model, tokenizer);
        _decoder = new GreedyDecoder(model, endTokens is { Count: > 0 } ? [.. endTokens] : [model.Config.EndToken ?? tokenizer.EndOfTextId ?? -1]);
    }

    /// <summary>Generates the continuation of a text.</summary>
    /// <param name="prompt">The text, not empty.</param>
    /// <param name="maxTokens">Most tokens to generate.</param>
    /// <param name="cancellationToken">Checked at every step.</param>
    /// <exception cref="InputTooLongException">Prompt and continuation do not fit the context.</exception>
    public string Generate(string prompt, int maxTokens, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTokens);
        var ids = _tokenizer.Encode(prompt, addSpecialTokens: true);
        if (ids.Length == 0)
            throw new ArgumentException("The prompt is empty.", nameof(prompt));
        if (ids.Length + maxTokens > _model.Config.ContextTokens)
            throw new InputTooLongException(0, ids.Length, _model.Config.ContextTokens - maxTokens);
        // Decoded together with the prompt, so that a leading space or half a character comes out right.
        var continuation = _decoder.Generate([ids], [maxTokens], cancellationToken)[0].Ids;
        return _tokenizer.Decode([.. ids, .. continuation])[_tokenizer.Decode(ids).Length..];
    }
}

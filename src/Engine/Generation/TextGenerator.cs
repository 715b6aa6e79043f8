using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Inference;
using Platform.Engine.Models;
using Platform.Engine.Tokenization;
using TorchSharp;

namespace Platform.Engine.Generation;

/// <summary>How a text is continued.</summary>
public sealed record TextOptions
{
    /// <summary>Most tokens to generate.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>How tokens are chosen; the most likely one each time when not said otherwise.</summary>
    public SamplingOptions Sampling { get; init; } = new() { Temperature = 0 };

    /// <summary>What the continuation must look like, or null.</summary>
    public Constraint? Constraint { get; init; }

    /// <summary>Texts that end the continuation and are not part of it.</summary>
    public StopStrings Stops { get; init; } = StopStrings.None;
}

/// <summary>A generated text.</summary>
/// <param name="Text">The continuation, without the prompt and without what ended it.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Stop">The stop string that ended it, or null.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Tokens">Every chosen token with its log-probability, an end token included.</param>
public sealed record GeneratedText(string Text, FinishReason FinishReason, string? Stop, int PromptTokens, IReadOnlyList<SampledToken> Tokens);

/// <summary>Continues plain text.</summary>
/// <remarks>On the CPU it works on weights of its own, packed when it is made. Not thread-safe.</remarks>
public sealed class TextGenerator : IDisposable
{
    private readonly Tokenizer _tokenizer;
    private readonly IInference _inference;
    private readonly int _contextTokens;

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
        (_tokenizer, _contextTokens) = (tokenizer, model.Config.ContextTokens);
        EndTokens = endTokens is { Count: > 0 } ? [.. endTokens] : [model.Config.EndToken ?? tokenizer.EndOfTextId ?? -1];
        _inference = model.Device.type == DeviceType.CPU
            ? new InferenceEngine(new InferenceModel(model), new Dictionary<string, InferenceAdapter>(), new InferenceOptions())
            : new TorchInference(model, new Dictionary<string, LoraAdapter>(), maxWaiting: 1);
    }

    /// <summary>Each of them ends a text.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>Generates the continuation of a text.</summary>
    /// <param name="prompt">The text, not empty.</param>
    /// <param name="options">How.</param>
    /// <param name="onText">Receives the text as it comes, never half a character, never what may become a stop string; or null.</param>
    /// <param name="cancellationToken">Checked at every step.</param>
    /// <exception cref="InputTooLongException">Prompt and continuation do not fit the context.</exception>
    public GeneratedText Generate(string prompt, TextOptions options, Action<string>? onText = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxTokens);
        var ids = _tokenizer.Encode(prompt, addSpecialTokens: true);
        if (ids.Length == 0)
            throw new ArgumentException("The prompt is empty.", nameof(prompt));
        if (ids.Length + options.MaxTokens > _contextTokens)
            throw new InputTooLongException(0, ids.Length, _contextTokens - options.MaxTokens);
        // The prompt goes through the decoder first, so that a leading space or half a character comes out right.
        var decoder = _tokenizer.CreateStreamingDecoder();
        foreach (var id in ids)
            decoder.Append(id);
        var text = new System.Text.StringBuilder();
        var answer = new AnswerText(options.Stops, decoder);
        var request = new TextRequest(ids, options.MaxTokens, EndTokens, null)
        {
            Sampling = options.Sampling,
            Constraint = options.Constraint?.Start(),
            Text = answer,
            OnText = part =>
            {
                text.Append(part);
                onText?.Invoke(part);
            },
        };
        Run(request, cancellationToken);
        var continuation = request.Continuation;
        return new GeneratedText(text.ToString(), continuation.Ended ? FinishReason.Stop : FinishReason.Length, answer.Stop, ids.Length, request.Tokens);
    }

    /// <inheritdoc/>
    public void Dispose() => _inference.Dispose();

    private void Run(TextRequest request, CancellationToken cancellationToken)
    {
        if (!_inference.TrySubmit(request, out var id))
            throw new InvalidOperationException("The engine is busy: a generator continues one text at a time.");
        try
        {
            while (!_inference.IsIdle)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _inference.Step((_, _, _) => { });
            }
        }
        finally
        {
            _inference.Cancel(id);
        }
    }
}

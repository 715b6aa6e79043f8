namespace Platform.Engine.Generation;

/// <summary>A label and its probability.</summary>
/// <param name="Output">The label.</param>
/// <param name="Probability">0 to 1; those of all labels add up to 1.</param>
public sealed record LabelScore(string Output, double Probability);

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>It is one of the task's labels.</summary>
    Label,

    /// <summary>The model ended it.</summary>
    Stop,

    /// <summary>It reached the limit of tokens.</summary>
    Length,
}

/// <summary>An answer.</summary>
/// <param name="Output">The label or text.</param>
/// <param name="Score">The label's probability, or the geometric mean of the generated tokens' probabilities.</param>
/// <param name="Alternatives">Every label, best first, whichever was drawn; empty for generated text.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">How many of them came from a cache.</param>
/// <param name="CompletionTokens">Tokens of the answer.</param>
public sealed record Answer(
    string Output,
    double Score,
    IReadOnlyList<LabelScore> Alternatives,
    FinishReason FinishReason,
    int PromptTokens,
    int CachedTokens,
    int CompletionTokens)
{
    /// <summary>Tokens of the output with their log-probabilities, when they were asked for.</summary>
    public IReadOnlyList<AnswerToken> Tokens { get; init; } = [];
}

/// <summary>An input does not fit the model's context.</summary>
/// <param name="index">Its place among the inputs.</param>
/// <param name="tokens">Tokens of its prompt.</param>
/// <param name="limit">Most tokens of a prompt.</param>
public sealed class InputTooLongException(int index, int tokens, int limit)
    : Exception($"Input {index} has {tokens} tokens; at most {limit} fit. Shorten the text.")
{
    /// <summary>Its place among the inputs.</summary>
    public int Index => index;

    /// <summary>Tokens of its prompt.</summary>
    public int Tokens => tokens;

    /// <summary>Most tokens of a prompt.</summary>
    public int Limit => limit;
}

using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;

namespace Platform.Engine.Generation;

/// <summary>How one answer is made where that differs from the task's own way, which is the most likely label or the most likely text.</summary>
/// <remarks>What holds for a task holds with any options: an answer is still one of its labels, a list of its spans or a number.</remarks>
public sealed record GenerationOptions
{
    /// <summary>How tokens are chosen, and among labels which; null for the most likely each time.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Most tokens of a text, at least 1; the task's own limit when null, and never more than that. Labels are never cut.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end a text and are not part of it. Without effect on labels.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>How many of the most likely tokens to report at each place, 0 to 20; -1 for no log-probabilities at all.</summary>
    public int TopLogprobs { get; init; } = -1;

    /// <summary>What a free text must look like, made with <see cref="Prompts.PromptBuilder.Constraints"/>; null for anything. Tasks with a contract of their own keep that.</summary>
    public Constraint? Constraint { get; init; }
}

/// <summary>A token of an answer.</summary>
/// <param name="Bytes">The UTF-8 bytes that it adds; may be a part of a character. The blank before an answer is not among them.</param>
/// <param name="LogProbability">Natural logarithm of its probability before bias, penalties, constraints and temperature; of a label's token that of the label scores.</param>
/// <param name="Top">The most likely tokens at this place, best first, as many as were asked for.</param>
public sealed record AnswerToken(ReadOnlyMemory<byte> Bytes, double LogProbability, IReadOnlyList<AnswerToken> Top)
{
    /// <summary>Its text, with U+FFFD for parts of characters.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Bytes.Span);
}

/// <summary>What came to an answer since the last time.</summary>
/// <param name="Text">Whole characters that are certain to belong to the answer; all of them together are its output.</param>
/// <param name="Tokens">The tokens that begin in it, when log-probabilities were asked for.</param>
public sealed record TextDelta(string Text, IReadOnlyList<AnswerToken> Tokens);

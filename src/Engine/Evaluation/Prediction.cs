namespace Platform.Engine.Evaluation;

/// <summary>One row of a test split with the answer that a model gave to it.</summary>
/// <param name="Id">The row's id; unique among the predictions that are scored together.</param>
/// <param name="Input">The input text (SARI compares the answer with it).</param>
/// <param name="Expected">The row's output: a label, a number, a list of spans or tags, or a text.</param>
/// <param name="Actual">What the model answered.</param>
/// <param name="References">Further good outputs; empty when there are none. <paramref name="Expected"/> always counts as one.</param>
/// <param name="ExpectedTags">The row's IOB2 or part-of-speech tags, one per token, for tagging tasks that have them.</param>
/// <param name="Tokens">The row's tokens, in step with <paramref name="ExpectedTags"/>.</param>
/// <param name="Score">The model's own confidence in its answer, 0 to 1; null where it was not kept.</param>
/// <param name="Probabilities">The probability of each of the task's labels, in the labels' order; null where the answer was generated.</param>
/// <param name="Input2">The second text of pair tasks, or null.</param>
public sealed record Prediction(
    string Id,
    string Input,
    string Expected,
    string Actual,
    IReadOnlyList<string> References,
    IReadOnlyList<string>? ExpectedTags = null,
    IReadOnlyList<string>? Tokens = null,
    double? Score = null,
    IReadOnlyList<float>? Probabilities = null,
    string? Input2 = null)
{
    /// <summary>Every good output: <see cref="Expected"/> first, then the references that differ from it and from each other.</summary>
    internal IReadOnlyList<string> GoodOutputs =>
        References.Count == 0 ? [Expected] : [.. References.Prepend(Expected).Distinct(StringComparer.Ordinal)];
}

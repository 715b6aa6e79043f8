using System.ComponentModel;
using System.Text.Json.Serialization;
using Platform.Api.Requests;
using Platform.Engine.Generation;

namespace Platform.Api.OpenAi;

internal sealed record TextCompletion(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<TextChoice> Choices, OpenAiUsage? Usage = null);

internal sealed record TextChoice(
    int Index, string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] TextLogprobs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason,
    [property: Description("Why there is no text: the task abstains.")] string? Refusal = null);

internal sealed record TextLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<double> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, double>> TopLogprobs, IReadOnlyList<int> TextOffset);

/// <summary>Text completions.</summary>
internal sealed record TextWire(string Id, long Created, string Model) : CompletionWire(Id, Created, Model)
{
    // Where the next token of each streamed answer begins.
    private readonly Dictionary<int, int> offsets = [];

    public override object Response(CallOutcome outcome, CompletionRequest request) => Chunk(
        Fingerprint(outcome.By.ModelVersion),
        [.. outcome.Answers.Select((answer, index) => request.Abstains(answer)
            ? new TextChoice(index, "", null, Finish(answer), Refusal(answer, request))
            : new TextChoice(index, answer.Output, request.Logprobs ? Logprobs(index, answer.Tokens) : null, Finish(answer)))])
        with { Usage = OpenAiUsage.Of(outcome.Usage) };

    public override object? First(int index, string fingerprint) => null;

    public override object Part(int index, TextDelta delta, CompletionRequest request, string fingerprint) =>
        Chunk(fingerprint, new TextChoice(index, delta.Text, request.Logprobs ? Logprobs(index, delta.Tokens) : null, null));

    public override object Last(int index, Answer answer, CompletionRequest request, string fingerprint) =>
        Chunk(fingerprint, new TextChoice(index, "", null, Finish(answer), request.Abstains(answer) ? Refusal(answer, request) : null));

    public override object Usage(OpenAiUsage usage, string fingerprint) => Chunk(fingerprint) with { Usage = usage };

    private TextLogprobs Logprobs(int index, IReadOnlyList<AnswerToken> tokens)
    {
        List<int> starts = [];
        foreach (var token in tokens)
        {
            starts.Add(offsets.GetValueOrDefault(index));
            offsets[index] = starts[^1] + token.Text.Length;
        }

        return new TextLogprobs(
            [.. tokens.Select(Spelled)], [.. tokens.Select(token => token.LogProbability)],
            [.. tokens.Select(token => token.Top.GroupBy(Spelled).ToDictionary(group => group.Key, group => group.Max(top => top.LogProbability)))], starts);
    }

    private TextCompletion Chunk(string fingerprint, params IReadOnlyList<TextChoice> choices) => new(Id, "text_completion", Created, Model, fingerprint, choices);
}

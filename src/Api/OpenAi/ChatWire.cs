using System.Text.Json.Serialization;
using Platform.Api.Requests;
using Platform.Engine.Generation;

namespace Platform.Api.OpenAi;

internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatChoice> Choices, OpenAiUsage Usage);

internal sealed record ChatChoice(
    int Index, ChatMessage Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ChatLogprobs? Logprobs, string FinishReason);

internal sealed record ChatMessage(
    string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Refusal);

internal sealed record ChatLogprobs(
    IReadOnlyList<ChatToken> Content, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<ChatToken>? Refusal = null);

internal sealed record ChatToken(string Token, double Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<ChatToken>? TopLogprobs);

internal sealed record ChatChunk(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatChunkChoice> Choices, OpenAiUsage? Usage = null);

internal sealed record ChatChunkChoice(
    int Index, ChatDelta Delta,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ChatLogprobs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

internal sealed record ChatDelta(string? Role = null, string? Content = null, string? Refusal = null);

/// <summary>Chat completions.</summary>
internal sealed record ChatWire(string Id, long Created, string Model) : CompletionWire(Id, Created, Model)
{
    public override object Response(CallOutcome outcome, CompletionRequest request) => new ChatCompletion(
        Id, "chat.completion", Created, Model, Fingerprint(outcome.By.ModelVersion),
        [.. outcome.Answers.Select((answer, index) => request.Abstains(answer)
            ? new ChatChoice(index, new ChatMessage("assistant", null, Refusal(answer, request)), request.Logprobs ? new ChatLogprobs([]) : null, Finish(answer))
            : new ChatChoice(index, new ChatMessage("assistant", answer.Output, null), request.Logprobs ? Logprobs(answer.Tokens) : null, Finish(answer)))],
        OpenAiUsage.Of(outcome.Usage));

    public override object First(int index, string fingerprint) => Chunk(fingerprint, new ChatChunkChoice(index, new ChatDelta("assistant", ""), null, null));

    public override object Part(int index, TextDelta delta, CompletionRequest request, string fingerprint) =>
        Chunk(fingerprint, new ChatChunkChoice(index, new ChatDelta(Content: delta.Text), request.Logprobs ? Logprobs(delta.Tokens) : null, null));

    public override object Last(int index, Answer answer, CompletionRequest request, string fingerprint) => Chunk(
        fingerprint, new ChatChunkChoice(index, request.Abstains(answer) ? new ChatDelta(Refusal: Refusal(answer, request)) : new ChatDelta(), null, Finish(answer)));

    public override object Usage(OpenAiUsage usage, string fingerprint) => Chunk(fingerprint) with { Usage = usage };

    private static ChatLogprobs Logprobs(IReadOnlyList<AnswerToken> tokens) => new([.. tokens.Select(token => Token(token, [.. token.Top.Select(top => Token(top, null))]))]);

    private static ChatToken Token(AnswerToken token, IReadOnlyList<ChatToken>? top) =>
        new(Spelled(token), token.LogProbability, [.. token.Bytes.ToArray().Select(one => (int)one)], top);

    private ChatChunk Chunk(string fingerprint, params IReadOnlyList<ChatChunkChoice> choices) => new(Id, "chat.completion.chunk", Created, Model, fingerprint, choices);
}

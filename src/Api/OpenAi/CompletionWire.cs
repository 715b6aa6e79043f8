using System.Globalization;
using System.Text;
using Platform.Api.Requests;
using Platform.Api.Usage;
using Platform.Engine.Generation;

namespace Platform.Api.OpenAi;

/// <summary>How the answers of one request are written.</summary>
/// <param name="Id">The response's id.</param>
/// <param name="Created">When it arrived, in seconds since 1970.</param>
/// <param name="Model">The task's name.</param>
internal abstract record CompletionWire(string Id, long Created, string Model)
{
    public abstract object Response(CallOutcome outcome, CompletionRequest request);

    /// <summary>What a stream says of an answer before there is any text; null for nothing.</summary>
    public abstract object? First(int index, string fingerprint);

    public abstract object Part(int index, TextDelta delta, CompletionRequest request, string fingerprint);

    public abstract object Last(int index, Answer answer, CompletionRequest request, string fingerprint);

    public abstract object Usage(OpenAiUsage usage, string fingerprint);

    /// <summary>Says which weights answered: with the same fingerprint, seed and input, the answer is the same.</summary>
    public static string Fingerprint(int modelVersion) => $"model-version-{modelVersion}";

    /// <summary>What is said in place of a label whose probability is too low.</summary>
    protected static string Refusal(Answer answer, CompletionRequest request) => string.Create(
        CultureInfo.InvariantCulture, $"The best label has a probability of {answer.Alternatives[0].Probability:0.###}; the task's owner asks for at least {request.AbstainBelow:0.###}.");

    protected static string Finish(Answer answer) => answer.FinishReason == FinishReason.Length ? "length" : "stop";

    /// <summary>A token's text; one that is not whole characters is spelled as OpenAI does, by its bytes.</summary>
    protected static string Spelled(AnswerToken token) => System.Text.Unicode.Utf8.IsValid(token.Bytes.Span)
        ? token.Text
        : token.Bytes.ToArray().Aggregate(new StringBuilder("bytes:"), (text, one) => text.Append($"\\x{one:x2}")).ToString();
}

/// <summary>What a call used, in OpenAI's words.</summary>
internal sealed record OpenAiUsage(
    long PromptTokens, long CompletionTokens, long TotalTokens, PromptTokensDetails PromptTokensDetails, decimal DeviceMs, Cost Cost)
{
    public static OpenAiUsage Of(CallUsage usage) => new(
        usage.PromptTokens, usage.CompletionTokens, usage.PromptTokens + usage.CompletionTokens, new PromptTokensDetails(usage.CachedTokens),
        usage.DeviceMicroseconds / 1000m, Cost.Of(usage.Cost));
}

internal sealed record PromptTokensDetails(long CachedTokens);

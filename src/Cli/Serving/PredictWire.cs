using System.Text.Json.Serialization;

namespace Platform.Cli.Serving;

// What goes over the wire of POST /v1/tasks/{task}/predict, in snake_case.

internal sealed record PredictInput(string? Id, string Text, [property: JsonPropertyName("text2")] string? Text2);

internal sealed record PredictRequest(IReadOnlyList<PredictInput> Inputs, int? TopK);

internal sealed record PredictResponse(string Task, int ModelVersion, IReadOnlyList<PredictedRow> Predictions, PredictUsage Usage);

internal sealed record PredictedRow(string? Id, string? Output, bool Abstained, double Score, IReadOnlyList<PredictedAlternative>? Alternatives, string? FinishReason);

internal sealed record PredictedAlternative(string Output, double Score);

internal sealed record PredictUsage(long PromptTokens, long CachedTokens, long CompletionTokens, double DeviceMs, PredictCost Cost)
{
    public PredictUsage Plus(PredictUsage other) => new(
        PromptTokens + other.PromptTokens, CachedTokens + other.CachedTokens, CompletionTokens + other.CompletionTokens, DeviceMs + other.DeviceMs,
        Cost with { Amount = Cost.Amount + other.Cost.Amount });
}

internal sealed record PredictCost(decimal Amount, string Currency);

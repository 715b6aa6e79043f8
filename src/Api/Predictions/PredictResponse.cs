using System.ComponentModel;
using System.Text.Json.Serialization;
using Platform.Api.Usage;

namespace Platform.Api.Predictions;

[Description("The answers and what they cost. The usage is on record before this response is sent.")]
internal sealed record PredictResponse(
    string Task,
    [property: Description("Number of the model version that answered.")] int ModelVersion,
    [property: Description("One per input, in the order of the inputs.")] IReadOnlyList<Prediction> Predictions,
    PredictUsage Usage);

[Description("The answer to one input.")]
internal sealed record Prediction(
    [property: Description("As in the request; absent when it had none.")] string? Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never), Description("A label, or text for tasks that generate; null where the task abstains.")] string? Output,
    [property: Description("Whether the best label's probability is below what the task's owner asks for, so that there is no output.")] bool Abstained,
    [property: Description("The model's probability of the output, 0 to 1; of the best label where the task abstains.")] double Score,
    [property: Description("The most probable labels, best first; empty for tasks that generate.")] IReadOnlyList<Alternative> Alternatives,
    [property: Description("label: one of the task's labels; stop: the text is complete; length: it was cut at the task's longest output.")] string FinishReason);

[Description("A label and its probability.")]
internal sealed record Alternative(string Output, double Score);

[Description("What the request used.")]
internal sealed record PredictUsage(
    long PromptTokens,
    [property: Description("Prompt tokens that were taken from a cache instead of computed.")] long CachedTokens,
    long CompletionTokens,
    [property: Description("This request's share of the engine's steps, in milliseconds.")] decimal DeviceMs,
    [property: Description("The device time at the rate in force.")] Cost Cost);

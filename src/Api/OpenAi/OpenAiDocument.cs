using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Platform.Api.Setup;

namespace Platform.Api.OpenAi;

[Description("A chat completion in OpenAI's format. Fields that are not listed here are refused by name, except user, metadata, store, safety_identifier, prompt_cache_key, prompt_cache_retention and service_tier, which change nothing.")]
internal sealed record ChatBody(
    [property: Required, Description("The task's name.")] string Model,
    [property: Required, Description("Exactly one message of the role user. Its content is the input: a text, or a list with one text part, or two for tasks that compare.")] IReadOnlyList<ChatBodyMessage> Messages,
    [property: Description("Whether the answer comes as server-sent events.")] bool? Stream,
    StreamOptionsBody? StreamOptions,
    [property: Description("Answers to make; 1 when left out.")] int? N,
    [property: Description("Most tokens of an answer, up to the task's own limit. Labels are never cut. max_tokens means the same.")] int? MaxCompletionTokens,
    [property: Description("0 to 2. Left out or 0: the best label, the most likely text.")] double? Temperature,
    [property: Description("Above 0, up to 1; only where a temperature above 0 is given.")] double? TopP,
    [property: Description("The same seed, input and system_fingerprint give the same answer.")] long? Seed,
    [property: Description("A text or up to 16 texts that end the answer.")] IReadOnlyList<string>? Stop,
    [property: Description("Whether each token comes with its log-probability.")] bool? Logprobs,
    [property: Description("0 to 20 alternatives at each place.")] int? TopLogprobs,
    double? PresencePenalty, double? FrequencyPenalty, IReadOnlyDictionary<string, double>? LogitBias,
    [property: Description("text, json_object or json_schema; the latter two on tasks of the kind generation only.")] JsonObject? ResponseFormat);

internal sealed record ChatBodyMessage([property: Required, Description("user")] string Role, [property: Required] string Content);

internal sealed record StreamOptionsBody([property: Description("Whether a last event has the usage.")] bool? IncludeUsage);

[Description("A text completion in OpenAI's format; for tasks that take one text. The fields that are not listed mean the same as in chat completions.")]
internal sealed record TextBody(
    [property: Required, Description("The task's name.")] string Model,
    [property: Required, Description("The input: a text, or a list of texts.")] string Prompt,
    bool? Stream, StreamOptionsBody? StreamOptions, int? N, int? MaxTokens, double? Temperature, double? TopP, long? Seed, IReadOnlyList<string>? Stop,
    [property: Description("0 to 20 alternatives at each place; left out for no log-probabilities.")] int? Logprobs);

internal static class OpenAiDocument
{
    private const string ChatExample = """{"model": "hotel-sentiment", "messages": [{"role": "user", "content": "The room was clean."}], "logprobs": true}""";
    private const string TextExample = """{"model": "hotel-sentiment", "prompt": "The room was clean."}""";

    public static RouteHandlerBuilder ProducesOpenAiErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            route.Produces<OpenAiErrorBody>(status);
        return route;
    }

    public static RouteHandlerBuilder DescribeChat(this RouteHandlerBuilder route) => route
        .Describe("OpenAI", "Chat completion", "Answers an input of the task that 'model' names, for OpenAI's clients. With 'stream' the answer comes as events of chat.completion.chunk objects and ends with [DONE].")
        .Accepts<ChatBody>("application/json")
        .Produces<ChatCompletion>()
        .Completion(ChatExample);

    public static RouteHandlerBuilder DescribeText(this RouteHandlerBuilder route) => route
        .Describe("OpenAI", "Text completion", "Answers inputs of the task that 'model' names, for OpenAI's clients of the older format.")
        .Accepts<TextBody>("application/json")
        .Produces<TextCompletion>()
        .Completion(TextExample);

    private static RouteHandlerBuilder Completion(this RouteHandlerBuilder route, string example) => route
        .ProducesOpenAiErrors(400, 401, 403, 404, 413, 415, 429, 500, 503, 504)
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            if (operation.RequestBody?.Content?.TryGetValue("application/json", out var request) == true)
                request.Example = JsonNode.Parse(example);
            return Task.CompletedTask;
        });
}

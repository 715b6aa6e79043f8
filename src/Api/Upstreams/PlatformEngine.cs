using System.Text;
using System.Text.Json;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Serving;

namespace Platform.Api.Upstreams;

/// <summary>
/// Another instance of this Api, with a key of its own there: it answers by task. Scores of labels are as calibrated there; only what depends on
/// the caller's wishes (a draw among labels, tokens of a label) is made here.
/// </summary>
internal sealed class PlatformEngine(UpstreamClient client, RemoteTasks tasks) : IUpstreamEngine
{
    private const int MostAlternatives = 1000;

    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync("v1/models", cancellationToken);
        var served = answer.At("data") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(one => one.At("id")?.GetString()).ToHashSet() : throw client.Malformed("a list of its tasks");
        if (tasks.Tasks.Keys.Where(task => !served.Contains(task)).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } missing)
            throw new UpstreamException($"The Api '{client.Name}' does not serve {string.Join(", ", missing)} to this key. Deploy the version there, or give the key in Upstreams__{client.Name}__Key these tasks.", isPassing: false);
    }

    public Task<Answer> AnswerAsync(ServedInput input, Action<TextDelta> onDelta, CancellationToken cancellationToken) =>
        input.Options is null || tasks.Tasks[input.Task].Spec.IsClosed ? PredictAsync(input, onDelta, cancellationToken) : WriteAsync(input, input.Options, onDelta, cancellationToken);

    private async Task<Answer> PredictAsync(ServedInput input, Action<TextDelta> onDelta, CancellationToken cancellationToken)
    {
        var spec = tasks.Tasks[input.Task].Spec;
        var one = new Dictionary<string, string> { ["text"] = input.Text };
        if (input.Text2 is not null)
            one["text2"] = input.Text2;
        var body = new { inputs = new[] { one }, top_k = Math.Clamp(spec.Labels.Count, 1, MostAlternatives) };
        var answer = await client.PostAsync($"v1/tasks/{Uri.EscapeDataString(input.Task)}/predict", body, cancellationToken);
        if (answer.At("predictions", 0) is not { } prediction || prediction.At("score")?.GetDouble() is not { } score)
            throw client.Malformed("a prediction");
        var cached = Number(answer, "cached_tokens");
        if (!spec.IsClosed)
            return new Answer(
                prediction.At("output")?.GetString() ?? throw client.Malformed("an output"), score, [], prediction.At("finish_reason")?.GetString() == "length" ? FinishReason.Length : FinishReason.Stop,
                Number(answer, "prompt_tokens"), cached, Number(answer, "completion_tokens"));
        if (prediction.At("alternatives") is not { ValueKind: JsonValueKind.Array } list)
            throw client.Malformed("alternatives");
        var scores = list.EnumerateArray().ToDictionary(entry => entry.GetProperty("output").GetString()!, entry => entry.GetProperty("score").GetDouble(), StringComparer.Ordinal);
        if (spec.Labels.FirstOrDefault(label => !scores.ContainsKey(label)) is { } missing)
            throw client.Malformed($"a score of the label '{missing}' of {input.Task}");
        var label = tasks.Label(input, scores, cached);
        if (input.Options is not null)
            onDelta(new TextDelta(label.Output, label.Tokens));
        return label;
    }

    private async Task<Answer> WriteAsync(ServedInput input, GenerationOptions options, Action<TextDelta> onDelta, CancellationToken cancellationToken)
    {
        StringBuilder output = new();
        List<AnswerToken> tokens = [];
        JsonElement? usage = null;
        var reason = FinishReason.Stop;
        await foreach (var chunk in client.StreamAsync("v1/chat/completions", Body(input, options), cancellationToken))
        {
            usage = chunk.At("usage") is { ValueKind: JsonValueKind.Object } said ? said : usage;
            reason = chunk.At("choices", 0, "finish_reason")?.GetString() == "length" ? FinishReason.Length : reason;
            var text = chunk.At("choices", 0, "delta", "content")?.GetString() ?? "";
            List<AnswerToken> added = chunk.At("choices", 0, "logprobs", "content") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(Token)] : [];
            output.Append(text);
            tokens.AddRange(added);
            if (text.Length > 0 || (added.Count > 0 && options.TopLogprobs >= 0))
                onDelta(new TextDelta(text, options.TopLogprobs >= 0 ? added : []));
        }

        if (usage is not { } used)
            throw new UpstreamException($"The Api '{client.Name}' broke off in the middle of an answer.", isPassing: true);
        var score = tokens.Count == 0 ? 1 : Math.Exp(tokens.Average(token => token.LogProbability));
        return new Answer(
            output.ToString(), score, [], reason, used.At("prompt_tokens")?.GetInt32() ?? 0, used.At("prompt_tokens_details", "cached_tokens")?.GetInt32() ?? 0, used.At("completion_tokens")?.GetInt32() ?? 0)
        {
            Tokens = options.TopLogprobs >= 0 ? tokens : [],
        };
    }

    private static Dictionary<string, object> Body(ServedInput input, GenerationOptions options)
    {
        object content = input.Text2 is null ? input.Text : new[] { new { type = "text", text = input.Text }, new { type = "text", text = input.Text2 } };
        var body = new Dictionary<string, object>
        {
            ["model"] = input.Task, ["messages"] = new[] { new { role = "user", content } }, ["stream"] = true, ["stream_options"] = new { include_usage = true },
            ["logprobs"] = true, ["top_logprobs"] = Math.Max(0, options.TopLogprobs),
        };
        if (options.MaxTokens is { } most)
            body["max_completion_tokens"] = most;
        if (options.Stop.Count > 0)
            body["stop"] = options.Stop;
        if (options.Sampling is { } sampling)
        {
            (body["temperature"], body["top_p"], body["presence_penalty"], body["frequency_penalty"]) = (sampling.Temperature, sampling.TopP, sampling.PresencePenalty, sampling.FrequencyPenalty);
            if (sampling.Seed is { } seed)
                body["seed"] = seed;
            if (sampling.LogitBias is { } bias)
                body["logit_bias"] = bias.ToDictionary(entry => $"{entry.Key}", entry => entry.Value);
        }

        if (options.Constraint?.Source is { } source)
            body["response_format"] = source.Schema is null
                ? new { type = "json_object" }
                : new { type = "json_schema", json_schema = new { name = "answer", schema = JsonDocument.Parse(source.Schema).RootElement } };
        return body;
    }

    private static AnswerToken Token(JsonElement one) => new(
        one.At("bytes") is { ValueKind: JsonValueKind.Array } bytes ? bytes.EnumerateArray().Select(value => value.GetByte()).ToArray() : Encoding.UTF8.GetBytes(one.At("token")?.GetString() ?? ""),
        one.At("logprob")?.GetDouble() ?? 0,
        one.At("top_logprobs") is { ValueKind: JsonValueKind.Array } top ? [.. top.EnumerateArray().Select(Token)] : []);

    private static int Number(JsonElement answer, string field) => answer.At("usage", field) is { ValueKind: JsonValueKind.Number } value ? value.GetInt32() : 0;
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Serving;

namespace Platform.Api.Upstreams;

/// <summary>
/// SGLang's own endpoint, which takes and gives token ids; an adapter is named by its task. Source: SGLang's <c>/generate</c>
/// (token_ids_logprob, output_token_logprobs).
/// </summary>
internal sealed class SglangTokens(UpstreamClient client) : ITokenSource
{
    private const string Path = "generate";
    private const double Forced = 1000;

    public async Task<TokenWeights> WeighAsync(TokenPrompt prompt, IReadOnlyList<int> tokens, CancellationToken cancellationToken)
    {
        var answer = await client.PostAsync(Path, Body(prompt, new Dictionary<string, object> { ["max_new_tokens"] = 1, ["temperature"] = 0 }, top: 0, tokens), cancellationToken);
        if (answer.At("meta_info", "output_token_ids_logprobs", 0) is not { ValueKind: JsonValueKind.Array } found)
            throw client.Malformed("log-probabilities (meta_info.output_token_ids_logprobs)");
        var weights = found.EnumerateArray().ToDictionary(entry => entry[1].GetInt32(), entry => entry[0].GetDouble());
        return new TokenWeights(
            [.. tokens.Select(token => weights.TryGetValue(token, out var weight) ? weight : throw client.Malformed($"the log-probability of token {token}, which 'token_ids_logprob' asked for"))],
            Cached(answer) ?? 0);
    }

    public async IAsyncEnumerable<ContinuedToken> ContinueAsync(
        TokenPrompt prompt, TokenContinuation continuation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sampling = continuation.Sampling;
        var settings = new Dictionary<string, object>
        {
            ["max_new_tokens"] = continuation.MaxTokens, ["temperature"] = sampling.Temperature, ["top_p"] = sampling.TopP, ["top_k"] = sampling.TopK > 0 ? sampling.TopK : -1, ["min_p"] = sampling.MinP,
            ["presence_penalty"] = sampling.PresencePenalty, ["frequency_penalty"] = sampling.FrequencyPenalty, ["stop_token_ids"] = continuation.EndTokens,
        };
        if (sampling.Seed is { } seed)
            settings["sampling_seed"] = seed & int.MaxValue;
        if (Bias(continuation) is { } bias)
            settings["logit_bias"] = bias;
        var body = Body(prompt, settings, sampling.TopLogProbabilities, null);
        body["stream"] = true;
        var seen = 0;
        await foreach (var chunk in client.StreamAsync(Path, body, cancellationToken))
        {
            if (Cached(chunk) is { } cached)
                yield return new ContinuedToken(null, cached);
            if (chunk.At("meta_info", "output_token_logprobs") is not { ValueKind: JsonValueKind.Array } said || chunk.At("meta_info", "completion_tokens") is not { } count)
                throw client.Malformed("its tokens (meta_info.output_token_logprobs)");

            // The lists hold all tokens so far, or, where the server is told so, those that are new.
            var added = Math.Min(count.GetInt32() - seen, said.GetArrayLength());
            seen = count.GetInt32();
            for (var i = said.GetArrayLength() - added; i < said.GetArrayLength(); i++)
                yield return new ContinuedToken(new SampledToken(said[i][1].GetInt32(), Math.Min(0, said[i][0].GetDouble()), Top(chunk.At("meta_info", "output_top_logprobs", i))), null);
        }
    }

    public Task ProbeAsync(CancellationToken cancellationToken) => client.GetAsync("get_model_info", cancellationToken);

    private static Dictionary<string, object> Body(TokenPrompt prompt, Dictionary<string, object> sampling, int top, IReadOnlyList<int>? weighed)
    {
        var body = new Dictionary<string, object> { ["input_ids"] = prompt.Ids, ["sampling_params"] = sampling, ["return_logprob"] = true, ["top_logprobs_num"] = top };
        if (weighed is not null)
            body["token_ids_logprob"] = weighed;
        if (prompt.Adapter is not null)
            body["lora_path"] = prompt.Adapter;
        return body;
    }

    private static Dictionary<string, double>? Bias(TokenContinuation continuation)
    {
        var given = continuation.Sampling.LogitBias;
        if (continuation.Only is { } only)
            return only.Ids().ToDictionary(token => $"{token}", token => Forced + (given?.GetValueOrDefault(token) ?? 0));
        return given?.ToDictionary(bias => $"{bias.Key}", bias => bias.Value);
    }

    private static int? Cached(JsonElement answer) => answer.At("meta_info", "cached_tokens") is { ValueKind: JsonValueKind.Number } cached ? cached.GetInt32() : null;

    private static List<TokenLogProbability> Top(JsonElement? top) => top is not { ValueKind: JsonValueKind.Array } found
        ? []
        : [.. found.EnumerateArray().Select(entry => new TokenLogProbability(entry[1].GetInt32(), entry[0].GetDouble()))];
}

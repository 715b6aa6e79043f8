using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Serving;

namespace Platform.Api.Upstreams;

/// <summary>
/// vLLM's OpenAI-compatible server, whose completions take token ids and say them. An adapter is a model of its own there, named
/// <c>MODEL:TASK</c>. Source: vLLM's protocol of <c>/v1/completions</c> (logprob_token_ids, return_tokens_as_token_ids, allowed_token_ids).
/// </summary>
/// <param name="model">What it calls the shared weights.</param>
internal sealed class VllmTokens(UpstreamClient client, string model) : ITokenSource
{
    private const string Path = "v1/completions";
    private const string IdPrefix = "token_id:";

    public async Task<TokenWeights> WeighAsync(TokenPrompt prompt, IReadOnlyList<int> tokens, CancellationToken cancellationToken)
    {
        var answer = await client.PostAsync(Path, new
        {
            model = NameOf(prompt.Adapter), prompt = prompt.Ids, max_tokens = 1, temperature = 0, logprobs = 1, logprob_token_ids = tokens, return_tokens_as_token_ids = true,
        }, cancellationToken);
        if (answer.At("choices", 0, "logprobs", "top_logprobs", 0) is not { ValueKind: JsonValueKind.Object } found)
            throw client.Malformed("log-probabilities (choices[0].logprobs.top_logprobs)");
        return new TokenWeights(
            [.. tokens.Select(token => found.TryGetProperty($"{IdPrefix}{token}", out var weight) && weight.ValueKind == JsonValueKind.Number
                ? weight.GetDouble()
                : throw client.Malformed($"the log-probability of token {token}, which 'logprob_token_ids' asked for"))],
            Cached(answer) ?? 0);
    }

    public async IAsyncEnumerable<ContinuedToken> ContinueAsync(
        TokenPrompt prompt, TokenContinuation continuation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sampling = continuation.Sampling;
        var body = new Dictionary<string, object?>
        {
            ["model"] = NameOf(prompt.Adapter), ["prompt"] = prompt.Ids, ["max_tokens"] = continuation.MaxTokens,
            ["temperature"] = sampling.Temperature, ["top_p"] = sampling.TopP, ["top_k"] = sampling.TopK, ["min_p"] = sampling.MinP,
            ["presence_penalty"] = sampling.PresencePenalty, ["frequency_penalty"] = sampling.FrequencyPenalty, ["seed"] = sampling.Seed,
            ["logit_bias"] = sampling.LogitBias?.ToDictionary(bias => $"{bias.Key}", bias => bias.Value), ["allowed_token_ids"] = continuation.Only?.Ids(),
            ["stop_token_ids"] = continuation.EndTokens, ["skip_special_tokens"] = false,
            ["logprobs"] = Math.Max(1, sampling.TopLogProbabilities), ["return_tokens_as_token_ids"] = true,
            ["stream"] = true, ["stream_options"] = new { include_usage = true },
        };
        await foreach (var chunk in client.StreamAsync(Path, body.Where(field => field.Value is not null).ToDictionary(), cancellationToken))
        {
            if (Cached(chunk) is { } cached)
                yield return new ContinuedToken(null, cached);
            if (chunk.At("choices", 0, "logprobs") is not { ValueKind: JsonValueKind.Object } said)
                continue;
            var (names, values) = (said.At("tokens"), said.At("token_logprobs"));
            for (var i = 0; i < names?.GetArrayLength(); i++)
                yield return new ContinuedToken(new SampledToken(Id(names.Value[i].GetString()), Math.Min(0, values.At(i)?.GetDouble() ?? 0), Top(said.At("top_logprobs", i), sampling.TopLogProbabilities)), null);
        }
    }

    /// <summary>Whether it serves the model and the adapters.</summary>
    public async Task ProbeAsync(IEnumerable<string> adapters, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync("v1/models", cancellationToken);
        var names = answer.At("data") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(one => one.At("id")?.GetString()).ToHashSet() : throw client.Malformed("a list of its models");
        foreach (var name in adapters.Prepend(null).Select(NameOf).Where(name => !names.Contains(name)))
            throw new UpstreamException($"The engine '{client.Name}' does not serve a model '{name}'; it has {string.Join(", ", names)}. Start it as 'platform models serve-with' says.", isPassing: false);
    }

    private string NameOf(string? adapter) => adapter is null ? model : $"{model}:{adapter}";

    private static int? Cached(JsonElement answer) => answer.At("usage", "prompt_tokens_details", "cached_tokens") is { ValueKind: JsonValueKind.Number } cached ? cached.GetInt32() : null;

    private List<TokenLogProbability> Top(JsonElement? top, int wanted) => wanted == 0 || top is not { ValueKind: JsonValueKind.Object } found
        ? []
        : [.. found.EnumerateObject().Select(entry => new TokenLogProbability(Id(entry.Name), entry.Value.GetDouble())).OrderByDescending(entry => entry.LogProbability).ThenBy(entry => entry.Token).Take(wanted)];

    private int Id(string? name) => name?.StartsWith(IdPrefix, StringComparison.Ordinal) == true && int.TryParse(name.AsSpan(IdPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw client.Malformed("the ids of its tokens, which 'return_tokens_as_token_ids' asked for");
}

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Serving;

namespace Platform.Api.Upstreams;

/// <summary>
/// llama.cpp's server, by its own endpoint: it takes and gives token ids. An adapter is known by its file's name, which is the task's. Source:
/// the server's README (<c>/completion</c>, <c>/lora-adapters</c>).
/// </summary>
internal sealed class LlamaCppTokens(UpstreamClient client) : ITokenSource
{
    private const string Path = "completion";

    // Added to the logits of the only tokens to choose from: far above every logit, and small enough to leave their differences exact to 1e-4.
    private const double Forced = 1000;

    private readonly ConcurrentDictionary<string, int> adapters = new(StringComparer.Ordinal);

    /// <remarks>
    /// The server reports the most likely tokens only. With the same number added to the logits of those that are asked about, they are the
    /// most likely ones, and what is reported behind a filter that keeps as many is their distribution among themselves.
    /// </remarks>
    public async Task<TokenWeights> WeighAsync(TokenPrompt prompt, IReadOnlyList<int> tokens, CancellationToken cancellationToken)
    {
        var body = await BodyAsync(prompt, cancellationToken);
        body["n_predict"] = 1;
        body["temperature"] = 1;
        body["samplers"] = new[] { "top_k" };
        body["top_k"] = tokens.Count;
        body["n_probs"] = tokens.Count;
        body["post_sampling_probs"] = true;
        body["logit_bias"] = tokens.Select(token => new object[] { token, Forced });
        var answer = await client.PostAsync(Path, body, cancellationToken);
        if (answer.At("completion_probabilities", 0, "top_probs") is not { ValueKind: JsonValueKind.Array } found)
            throw client.Malformed("probabilities (completion_probabilities[0].top_probs)");
        var weights = found.EnumerateArray().ToDictionary(entry => entry.GetProperty("id").GetInt32(), entry => entry.GetProperty("prob").GetDouble());
        if (tokens.Any(weights.ContainsKey) is false)
            throw client.Malformed("the probabilities of the tokens that were asked about");
        return new TokenWeights([.. tokens.Select(token => Math.Log(Math.Max(weights.GetValueOrDefault(token), double.Epsilon)))], Cached(answer) ?? 0);
    }

    public async IAsyncEnumerable<ContinuedToken> ContinueAsync(
        TokenPrompt prompt, TokenContinuation continuation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sampling = continuation.Sampling;
        var body = await BodyAsync(prompt, cancellationToken);
        body["n_predict"] = continuation.MaxTokens;
        body["temperature"] = sampling.Temperature;
        body["samplers"] = new[] { "penalties", "temperature", "top_k", "top_p", "min_p" };
        body["top_k"] = sampling.TopK;
        body["top_p"] = sampling.TopP;
        body["min_p"] = sampling.MinP;
        body["presence_penalty"] = sampling.PresencePenalty;
        body["frequency_penalty"] = sampling.FrequencyPenalty;
        body["repeat_last_n"] = sampling.PresencePenalty == 0 && sampling.FrequencyPenalty == 0 ? 0 : continuation.MaxTokens; // the server counts the prompt's last tokens too
        body["repeat_penalty"] = 1;
        body["n_probs"] = Math.Max(1, sampling.TopLogProbabilities);
        body["return_tokens"] = true;
        body["stream"] = true;
        if (sampling.Seed is { } seed)
            body["seed"] = seed & int.MaxValue;
        if (continuation.Only is { } only)
            body["logit_bias"] = only.Ids().Select(token => new object[] { token, Forced + (sampling.LogitBias?.GetValueOrDefault(token) ?? 0) });
        else if (sampling.LogitBias is { } bias)
            body["logit_bias"] = bias.Select(entry => new object[] { entry.Key, entry.Value });
        var hasEnded = false;
        await foreach (var chunk in client.StreamAsync(Path, body, cancellationToken))
        {
            if (Cached(chunk) is { } cached)
                yield return new ContinuedToken(null, cached);
            if (chunk.At("completion_probabilities") is { ValueKind: JsonValueKind.Array } said)
                foreach (var one in said.EnumerateArray())
                {
                    var token = Token(one, sampling.TopLogProbabilities);
                    hasEnded |= continuation.EndTokens.Contains(token.Token);
                    yield return new ContinuedToken(token, null);
                }

            // The token that ended the text is not among those of the stream.
            if (!hasEnded && chunk.At("stop_type")?.GetString() == "eos")
                yield return new ContinuedToken(new SampledToken(continuation.EndTokens[0], 0, []), null);
        }
    }

    /// <summary>Whether it is up and has the adapters.</summary>
    public async Task ProbeAsync(IReadOnlyCollection<string> wanted, CancellationToken cancellationToken)
    {
        await client.GetAsync("health", cancellationToken);
        if (wanted.Count == 0)
            return;
        var list = await client.GetAsync("lora-adapters", cancellationToken);
        if (list.ValueKind != JsonValueKind.Array)
            throw client.Malformed("a list of its adapters");
        foreach (var entry in list.EnumerateArray())
            adapters[System.IO.Path.GetFileNameWithoutExtension(entry.At("path")?.GetString() ?? "")] = entry.GetProperty("id").GetInt32();
        if (wanted.Where(task => !adapters.ContainsKey(task)).ToList() is { Count: > 0 } missing)
            throw new UpstreamException($"The engine '{client.Name}' has no adapter for {string.Join(", ", missing)}. Start it with --lora TASK.gguf for each, as 'platform models serve-with' says.", isPassing: false);
    }

    private async Task<Dictionary<string, object>> BodyAsync(TokenPrompt prompt, CancellationToken cancellationToken)
    {
        var body = new Dictionary<string, object> { ["prompt"] = prompt.Ids, ["cache_prompt"] = true };
        if (prompt.Adapter is { } adapter)
        {
            if (!adapters.ContainsKey(adapter))
                await ProbeAsync([adapter], cancellationToken);
            body["lora"] = new[] { new { id = adapters[adapter], scale = 1.0 } };
        }
        else if (!adapters.IsEmpty)
        {
            body["lora"] = Array.Empty<object>();
        }

        return body;
    }

    private SampledToken Token(JsonElement one, int top) => one.At("id") is { } id && one.At("logprob") is { } value
        ? new SampledToken(id.GetInt32(), Math.Min(0, Number(value)), top == 0 || one.At("top_logprobs") is not { ValueKind: JsonValueKind.Array } list
            ? []
            : [.. list.EnumerateArray().Take(top).Select(entry => new TokenLogProbability(entry.GetProperty("id").GetInt32(), Number(entry.GetProperty("logprob"))))])
        : throw client.Malformed("the ids of its tokens (completion_probabilities)");

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.MinValue;

    private static int? Cached(JsonElement answer) => answer.At("timings", "cache_n") is { ValueKind: JsonValueKind.Number } cached ? cached.GetInt32() : null;
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Platform.Engine.Checkpoints;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Models;

namespace Platform.Api.Tests.Upstreams;

/// <summary>
/// Answers over HTTP as vLLM, SGLang and llama.cpp's server document their wire formats, from the weights of a model version's folder. It knows
/// tokens and nothing else of the platform. What it cannot show is whether the real programs do as they document.
/// </summary>
internal sealed class EngineServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly CausalLanguageModel model;
    private readonly Dictionary<string, LoraAdapter> adapters;
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, bool> streamed = new(StringComparer.Ordinal);

    private EngineServer(WebApplication app, CausalLanguageModel model, Dictionary<string, LoraAdapter> adapters) => (this.app, this.model, this.adapters) = (app, model, adapters);

    public string Address => app.Urls.Single();

    public int Port => new Uri(Address).Port;

    /// <summary>The adapter of each request that was computed; empty for the shared weights.</summary>
    public ConcurrentBag<string> Used { get; } = [];

    /// <summary>The bearer token it wants; null for none.</summary>
    public string? Key { get; set; }

    /// <summary>Called before each request is computed; what it returns is answered instead, when it is anything.</summary>
    public Func<HttpContext, Task<IResult?>> Before { get; set; } = _ => Task.FromResult<IResult?>(null);

    /// <summary>Breaks a stream off after so many tokens, once.</summary>
    public int? BreaksOffAfter { get; set; }

    /// <summary>Added to every logit of even tokens: other weights.</summary>
    public float Wrong { get; set; }

    /// <param name="folder">Of the model version.</param>
    /// <param name="name">What it calls the model.</param>
    /// <param name="port">0 for any that is free.</param>
    public static async Task<EngineServer> StartAsync(string folder, string name, int port = 0)
    {
        var model = HuggingFaceFolder.LoadModel(folder);
        var places = Path.Combine(folder, "adapters");
        var adapters = Directory.Exists(places) ? Directory.GetDirectories(places).ToDictionary(one => Path.GetFileName(one), one => PeftFolder.Load(one, model)) : [];
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel().UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var server = new EngineServer(app, model, adapters);
        app.MapGet("/health", () => new { status = "ok" });
        app.MapGet("/get_model_info", () => new { model_path = folder });
        app.MapGet("/v1/models", () => new { data = adapters.Keys.Select(adapter => $"{name}:{adapter}").Prepend(name).Select(id => new { id }) });
        app.MapGet("/lora-adapters", () => adapters.Keys.Select((adapter, id) => new { id, path = $"/adapters/{adapter}.gguf", scale = 0.0 }));
        app.MapPost("/v1/completions", (HttpContext context) => server.AnswerAsync(context, body => server.VllmAsync(context, body, name)));
        app.MapPost("/generate", (HttpContext context) => server.AnswerAsync(context, body => server.SglangAsync(context, body)));
        app.MapPost("/completion", (HttpContext context) => server.AnswerAsync(context, body => server.LlamaAsync(context, body)));
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        foreach (var adapter in adapters.Values)
            adapter.Dispose();
        model.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, Func<JsonObject, Task> answer)
    {
        if (Key is not null && context.Request.Headers.Authorization != $"Bearer {Key}")
        {
            context.Response.StatusCode = 401;
            return;
        }

        // llama.cpp's server closes a connection behind a stream without saying so.
        if (streamed.ContainsKey(context.Connection.Id))
        {
            context.Abort();
            return;
        }

        if (await Before(context) is { } instead)
        {
            await instead.ExecuteAsync(context);
            return;
        }

        await answer((await JsonNode.ParseAsync(context.Request.Body))!.AsObject());
    }

    private async Task VllmAsync(HttpContext context, JsonObject body, string name)
    {
        var wanted = (string)body["model"]!;
        var adapter = wanted == name ? null : wanted[(name.Length + 1)..];
        var prompt = Ids(body["prompt"]);
        var weighed = body["logprob_token_ids"] is { } list ? Ids(list) : null;
        var usage = new { prompt_tokens = prompt.Length, prompt_tokens_details = new { cached_tokens = 5 } };
        if (weighed is not null)
        {
            var logs = LogProbabilities(adapter, prompt);
            await context.Response.WriteAsJsonAsync(new
            {
                choices = new[] { new { text = "", logprobs = new { tokens = new[] { "token_id:0" }, token_logprobs = new[] { logs[0] }, top_logprobs = new[] { weighed.ToDictionary(id => $"token_id:{id}", id => logs[id]) } } } },
                usage,
            });
            return;
        }

        var top = (int)body["logprobs"]!;
        await StreamAsync(context, Chosen(adapter, prompt, Sampling(body, top), (int)body["max_tokens"]!, Ids(body["stop_token_ids"]), body["allowed_token_ids"] is { } only ? Ids(only) : null), token => new
        {
            choices = new[] { new { text = "", logprobs = new { tokens = new[] { $"token_id:{token.Token}" }, token_logprobs = new[] { token.LogProbability }, top_logprobs = new[] { token.Top.ToDictionary(one => $"token_id:{one.Token}", one => one.LogProbability) } } } },
        }, new { choices = Array.Empty<object>(), usage });
    }

    private async Task SglangAsync(HttpContext context, JsonObject body)
    {
        var (adapter, prompt, settings) = ((string?)body["lora_path"], Ids(body["input_ids"]), body["sampling_params"]!.AsObject());
        if (body["token_ids_logprob"] is { } weighed)
        {
            var logs = LogProbabilities(adapter, prompt);
            await context.Response.WriteAsJsonAsync(new { meta_info = new { cached_tokens = 5, output_token_ids_logprobs = new[] { Ids(weighed).Select(id => new object?[] { logs[id], id, null }) } } });
            return;
        }

        List<object?[]> said = [];
        List<object?[][]> tops = [];
        await StreamAsync(context, Chosen(adapter, prompt, Sampling(settings, (int)body["top_logprobs_num"]!) with { LogitBias = Bias(settings["logit_bias"]) }, (int)settings["max_new_tokens"]!, Ids(settings["stop_token_ids"]), null), token =>
        {
            said.Add([token.LogProbability, token.Token, null]);
            tops.Add([.. token.Top.Select(one => new object?[] { one.LogProbability, one.Token, null })]);
            return new { text = "", meta_info = new { cached_tokens = 5, completion_tokens = said.Count, output_token_logprobs = said, output_top_logprobs = tops } };
        }, null);
    }

    private async Task LlamaAsync(HttpContext context, JsonObject body)
    {
        var adapter = body["lora"] is JsonArray { Count: > 0 } lora ? adapters.Keys.ElementAt((int)lora[0]!["id"]!) : null;
        var prompt = Ids(body["prompt"]);
        var bias = body["logit_bias"]?.AsArray().ToDictionary(pair => (int)pair![0]!, pair => (double)pair![1]!);
        var top = (int)body["n_probs"]!;
        if ((bool?)body["post_sampling_probs"] == true)
        {
            var logits = Logits(adapter, prompt);
            foreach (var (token, add) in bias!)
                logits[token] += (float)add;
            var kept = logits.Select((logit, id) => (logit, id)).OrderByDescending(one => one.logit).Take((int)body["top_k"]!).ToList();
            var sum = kept.Sum(one => Math.Exp(one.logit - kept[0].logit));
            await context.Response.WriteAsJsonAsync(new { completion_probabilities = new[] { new { top_probs = kept.Take(top).Select(one => new { one.id, prob = Math.Exp(one.logit - kept[0].logit) / sum }) } }, timings = new { cache_n = 5 } });
            return;
        }

        await StreamAsync(context, Chosen(adapter, prompt, Sampling(body, top) with { LogitBias = bias }, (int)body["n_predict"]!, [0], null), token => new
        {
            content = "",
            completion_probabilities = new[] { new { id = token.Token, logprob = token.LogProbability, top_logprobs = token.Top.Select(one => new { id = one.Token, logprob = one.LogProbability }) } },
        }, new { stop = true, stop_type = "eos", timings = new { cache_n = 5 } });
    }

    private IEnumerable<SampledToken> Chosen(string? adapter, int[] prompt, SamplingOptions sampling, int most, int[] ends, int[]? only)
    {
        // More bias than a caller of ours may give, as these engines allow it.
        var bias = sampling.LogitBias;
        var sampler = new Sampler(sampling with { LogitBias = null }, model.Config.VocabularySize);
        List<int> ids = [.. prompt];
        for (var made = 0; made < most; made++)
        {
            var logits = Logits(adapter, [.. ids]);
            var logs = LogProbabilities(logits);
            foreach (var (token, add) in bias ?? new Dictionary<int, double>())
                logits[token] += (float)add;
            if (only is not null)
                for (var id = 0; id < logits.Length; id++)
                    logits[id] = only.Contains(id) ? logits[id] : float.NegativeInfinity;
            var chosen = sampler.Choose(logits).Token;
            sampler.Accept(chosen);
            ids.Add(chosen);
            yield return new SampledToken(chosen, logs[chosen], [.. logs.Select((log, id) => new TokenLogProbability(id, log)).OrderByDescending(one => one.LogProbability).Take(sampling.TopLogProbabilities)]);
            if (ends.Contains(chosen))
                yield break;
        }
    }

    private async Task StreamAsync(HttpContext context, IEnumerable<SampledToken> tokens, Func<SampledToken, object> chunk, object? last)
    {
        streamed[context.Connection.Id] = true;
        context.Response.ContentType = "text/event-stream";
        var sent = 0;
        foreach (var token in tokens)
        {
            if (sent++ == BreaksOffAfter)
            {
                BreaksOffAfter = null;
                context.Abort();
                return;
            }

            await SendAsync(chunk(token));
        }

        if (last is not null)
            await SendAsync(last);
        await context.Response.WriteAsync("data: [DONE]\n\n");

        Task SendAsync(object one) => context.Response.WriteAsync($"data: {JsonSerializer.Serialize(one)}\n\n");
    }

    private static SamplingOptions Sampling(JsonObject from, int top) => new()
    {
        Temperature = (double)from["temperature"]!,
        TopP = (double?)from["top_p"] ?? 1,
        Seed = (long?)(from["seed"] ?? from["sampling_seed"]),
        PresencePenalty = (double?)from["presence_penalty"] ?? 0,
        FrequencyPenalty = (double?)from["frequency_penalty"] ?? 0,
        TopLogProbabilities = top,
        LogitBias = Bias(from["logit_bias"] as JsonObject),
    };

    private static Dictionary<int, double>? Bias(JsonNode? from) =>
        (from as JsonObject)?.ToDictionary(entry => int.Parse(entry.Key, CultureInfo.InvariantCulture), entry => (double)entry.Value!);

    private static int[] Ids(JsonNode? list) => [.. list!.AsArray().Select(id => (int)id!)];

    private double[] LogProbabilities(string? adapter, int[] ids) => LogProbabilities(Logits(adapter, ids));

    private static double[] LogProbabilities(float[] logits)
    {
        var highest = logits.Max();
        var sum = Math.Log(logits.Sum(logit => Math.Exp(logit - highest))) + highest;
        return [.. logits.Select(logit => logit - sum)];
    }

    private float[] Logits(string? adapter, int[] ids)
    {
        Used.Add(adapter ?? "");
        lock (gate)
        {
            using var use = adapter is null ? null : adapters[adapter].Use(model);
            var logits = model.LastLogits(ids);
            for (var id = 0; Wrong != 0 && id < logits.Length; id += 2)
                logits[id] += Wrong;
            return logits;
        }
    }
}

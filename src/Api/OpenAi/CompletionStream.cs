using System.Text.Json;
using System.Threading.Channels;
using Platform.Api.Requests;
using Platform.Domain.Results;
using Platform.Engine.Generation;

namespace Platform.Api.OpenAi;

/// <summary>Writes answers as server-sent events.</summary>
internal sealed class CompletionStream(HttpContext http, CompletionCall prepared, JsonSerializerOptions json)
{
    private readonly HashSet<int> begun = [];

    public async Task WriteAsync(ChannelReader<(int Index, TextDelta Delta)> parts, Task<Result<CallOutcome>> run)
    {
        var response = http.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["x-accel-buffering"] = "no"; // proxies must not gather what is meant to come at once
        var fingerprint = CompletionWire.Fingerprint(prepared.Call.Deployment.ModelVersion);
        await foreach (var (index, delta) in parts.ReadAllAsync(http.RequestAborted))
        {
            await BeginAsync(index, fingerprint);
            await SendAsync(prepared.Wire.Part(index, delta, prepared.Request, fingerprint));
            await response.Body.FlushAsync(http.RequestAborted);
        }

        var outcome = await run;
        if (outcome.IsFailure)
        {
            await SendAsync(OpenAiError.Body(outcome.Errors, http));
            return;
        }

        fingerprint = CompletionWire.Fingerprint(outcome.Value.By.ModelVersion);
        foreach (var (index, answer) in outcome.Value.Answers.Index())
        {
            await BeginAsync(index, fingerprint);
            if (prepared.Call.Task.Spec.IsClosed && !prepared.Request.Abstains(answer))
                await SendAsync(prepared.Wire.Part(index, new TextDelta(answer.Output, answer.Tokens), prepared.Request, fingerprint));
            await SendAsync(prepared.Wire.Last(index, answer, prepared.Request, fingerprint));
        }

        if (prepared.Request.IncludeUsage)
            await SendAsync(prepared.Wire.Usage(OpenAiUsage.Of(outcome.Value.Usage), fingerprint));
        await response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray(), http.RequestAborted);
    }

    private async Task BeginAsync(int index, string fingerprint)
    {
        if (begun.Add(index) && prepared.Wire.First(index, fingerprint) is { } first)
            await SendAsync(first);
    }

    private async Task SendAsync(object data)
    {
        await http.Response.Body.WriteAsync("data: "u8.ToArray(), http.RequestAborted);
        await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), json), http.RequestAborted);
        await http.Response.Body.WriteAsync("\n\n"u8.ToArray(), http.RequestAborted);
    }
}

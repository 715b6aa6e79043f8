using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Platform.Api.Keys;
using Platform.Api.Predictions;
using Platform.Api.Problems;
using Platform.Api.Requests;
using Platform.Api.Setup;
using Platform.Domain.Keys;
using Platform.Domain.Results;
using Platform.Engine.Generation;

namespace Platform.Api.OpenAi;

internal static class CompletionEndpoints
{
    public static Task<IResult> PostChatAsync(
        HttpContext http, CompletionCalls calls, BodyReader bodies, RequestPipeline pipeline, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json,
        TimeProvider clock, CancellationToken cancellationToken) => AnswerAsync(http, calls.ReadChatAsync, bodies, pipeline, json.Value.SerializerOptions, clock, cancellationToken);

    public static Task<IResult> PostTextAsync(
        HttpContext http, CompletionCalls calls, BodyReader bodies, RequestPipeline pipeline, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json,
        TimeProvider clock, CancellationToken cancellationToken) => AnswerAsync(http, calls.ReadTextAsync, bodies, pipeline, json.Value.SerializerOptions, clock, cancellationToken);

    private static async Task<IResult> AnswerAsync(
        HttpContext http, Func<JsonElement, VerifiedKey, string, long, CancellationToken, Task<Result<CompletionCall>>> read, BodyReader bodies, RequestPipeline pipeline, JsonSerializerOptions json, TimeProvider clock, CancellationToken cancellationToken)
    {
        var received = clock.GetTimestamp();
        var deadline = RequestDeadline.Read(http.Request);
        if (deadline.IsFailure)
            return new Problem(deadline.Errors);
        var body = await bodies.ReadAsync(http.Request, cancellationToken);
        if (body.IsFailure)
            return new Problem(body.Errors);
        using var document = body.Value;
        var prepared = await read(document.RootElement, http.Key(), http.RequestId(), received, cancellationToken);
        if (prepared.IsFailure)
            return new Problem(prepared.Errors);
        var completion = prepared.Value with { Call = prepared.Value.Call with { Deadline = deadline.Value } };
        if (completion.Request.Stream)
            return await StreamAsync(http, completion, pipeline, json);

        var outcome = await pipeline.RunAsync(completion.Call, http.RequestAborted);
        return outcome.IsFailure ? new Problem(outcome.Errors) : Results.Json(completion.Wire.Response(outcome.Value, completion.Request));
    }

    /// <summary>
    /// The stream begins with the first text: until then a refusal still has a status of its own. What says that an answer is complete
    /// leaves only after its usage is on record.
    /// </summary>
    private static async Task<IResult> StreamAsync(HttpContext http, CompletionCall prepared, RequestPipeline pipeline, JsonSerializerOptions json)
    {
        // Unbounded, but never longer than the answers: the engine must not wait for a client that reads slowly.
        var parts = Channel.CreateUnbounded<(int Index, TextDelta Delta)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var run = RunAsync();
        try
        {
            if (!await parts.Reader.WaitToReadAsync(http.RequestAborted) && await run is { IsFailure: true } refused)
                return new Problem(refused.Errors);
            await new CompletionStream(http, prepared, json).WriteAsync(parts.Reader, run);
            return Results.Empty;
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty;
        }
        finally
        {
            // Whoever is gone is billed for what was computed.
            await run;
        }

        async Task<Result<CallOutcome>> RunAsync()
        {
            try
            {
                // A label comes at once, and only when it is known whether the task abstains.
                var call = prepared.Call.Task.Spec.IsClosed ? prepared.Call : prepared.Call with { OnDelta = (index, delta) => parts.Writer.TryWrite((index, delta)) };
                return await pipeline.RunAsync(call, http.RequestAborted);
            }
            finally
            {
                parts.Writer.TryComplete();
            }
        }
    }
}

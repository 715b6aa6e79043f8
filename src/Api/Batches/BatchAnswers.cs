using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Api.OpenAi;
using Platform.Api.Predictions;
using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Domain.Batches;
using Platform.Domain.Keys;
using Platform.Domain.Results;

namespace Platform.Api.Batches;

/// <summary>A line of a batch's result.</summary>
internal sealed record BatchResult(string Id, string CustomId, BatchResponse? Response, BatchResultError? Error);

internal sealed record BatchResponse(int StatusCode, string RequestId, object Body);

internal sealed record BatchResultError(string Code, string Message);

/// <summary>Answers single lines, each as the same request would be answered that comes alone, at low priority.</summary>
internal sealed class BatchAnswers(
    CompletionCalls calls, TaskScope scope, RequestPipeline pipeline, TaskSettings settings, IOptions<ApiOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>The same for the same line, so that a line which is answered again after a crash is not billed again.</summary>
    public static string RequestId(Batch batch, string customId) =>
        $"{BatchIds.Of(BatchIds.Batch, batch.Id)}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(customId)))[..32]}";

    /// <param name="cancelled">The batch is not wanted any more: the line is given up.</param>
    /// <param name="cancellationToken">Also when the process stops: what is in the engine is still answered, nothing new is begun.</param>
    public async Task<BatchResult> AnswerAsync(Batch batch, BatchLine line, JsonElement body, VerifiedKey key, CancellationToken cancelled, CancellationToken cancellationToken)
    {
        var requestId = RequestId(batch, line.CustomId);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var answer = await AnswerAsync(batch, requestId, body, key, cancelled);
            cancelled.ThrowIfCancellationRequested();
            if (answer.IsSuccess)
                return new BatchResult(requestId, line.CustomId, new BatchResponse(200, requestId, answer.Value), null);

            // Full, busy, starting or stopping: time mends it, and a batch has time.
            if (answer.Error.Status is 503 or 504 || answer.Error is { Status: 429, RetryAfterSeconds: not null })
            {
                var pause = TimeSpan.FromSeconds(answer.Error.RetryAfterSeconds ?? 1);
                await Task.Delay(pause < LongestPause ? pause : LongestPause, clock, cancellationToken);
                continue;
            }

            return new BatchResult(requestId, line.CustomId, new BatchResponse(answer.Error.Status, requestId, OpenAiError.Body(answer.Errors, requestId)), null);
        }
    }

    private async Task<Result<object>> AnswerAsync(Batch batch, string requestId, JsonElement body, VerifiedKey key, CancellationToken cancellationToken)
    {
        var received = clock.GetTimestamp();
        if (BatchLines.TaskOf(batch.Endpoint) is { } task)
            return await PredictAsync(batch, task, requestId, body, key, received, cancellationToken);
        var read = batch.Endpoint == "/v1/completions"
            ? await calls.ReadTextAsync(body, key, requestId, received, cancellationToken)
            : await calls.ReadChatAsync(body, key, requestId, received, cancellationToken);
        if (read.IsFailure)
            return Result.Failure<object>(read.Errors);
        if (read.Value.Request.Stream)
            return OpenAiErrors.Unsupported("stream", "a batch writes whole answers. Leave it out.");
        var outcome = await pipeline.RunAsync(AtLeisure(read.Value.Call, batch), cancellationToken);
        return outcome.IsFailure ? Result.Failure<object>(outcome.Errors) : Result.Success(read.Value.Wire.Response(outcome.Value, read.Value.Request));
    }

    private TaskCall AtLeisure(TaskCall call, Batch batch) => call with { Priority = RequestPriority.Batch, Deadline = batch.ExpiresAt - clock.GetUtcNow() };

    private async Task<Result<object>> PredictAsync(Batch batch, string task, string requestId, JsonElement body, VerifiedKey key, long received, CancellationToken cancellationToken)
    {
        var found = await scope.FindAsync(key, task, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<object>(found.Errors);
        var (deployment, served) = found.Value;
        var request = new PredictRequestReader(served.Spec, options.Value).Read(body);
        if (request.IsFailure)
            return Result.Failure<object>(request.Errors);
        var call = new TaskCall(deployment, served, [.. request.Value.Inputs.Select(input => new TaskInput(input.Text, input.Text2))], key, requestId, received);
        var outcome = await pipeline.RunAsync(AtLeisure(call, batch), cancellationToken);
        return outcome.IsFailure
            ? Result.Failure<object>(outcome.Errors)
            : Result.Success<object>(PredictEndpoint.Response(served.Spec.Name, request.Value, outcome.Value, settings.AbstainBelow(served.Id)));
    }
}

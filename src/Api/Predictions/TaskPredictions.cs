using Microsoft.Extensions.Options;
using Platform.Api.Problems;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Api.Usage;
using Platform.Domain.Keys;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Usage;
using Platform.Engine.Generation;

namespace Platform.Api.Predictions;

/// <summary>Takes a checked request through the engine and the ledger; an answer leaves only after its usage is on disk.</summary>
internal sealed class TaskPredictions(EngineThread engine, UsageWriter usage, IOptions<ApiOptions> options, TimeProvider clock)
{
    public async Task<IResult> AnswerAsync(
        ServedDeployment deployment, DeployedTask task, PredictRequest request, VerifiedKey key, HttpContext http, long received)
    {
        var counted = Counted(deployment, task, request);
        if (counted.IsFailure)
            return new Problem(counted.Errors);

        var limit = options.Value.RequestTimeout;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(limit);
        var run = await engine.RunAsync(new QueuedRequest(task.Spec.Name, counted.Value), patience.Token);
        if (run.IsFailure)
            return new Problem(run.Errors, run.Error.Status == StatusCodes.Status429TooManyRequests ? engine.RetryAfterSeconds() : null);

        var outcome = run.Value;
        var isAnswered = outcome.Error is null && !outcome.Cancelled && !http.RequestAborted.IsCancellationRequested;
        var cost = await RecordAsync(outcome, task, key, isAnswered, request.Inputs.Count, http, received);
        if (http.RequestAborted.IsCancellationRequested)
            return Results.Empty;
        if (outcome.Error is { } error)
            return new Problem(error);
        if (outcome.Cancelled)
            return new Problem(ServingErrors.TimedOut(limit, request.Inputs.Count));
        return cost is null or { IsFailure: true }
            ? new Problem(cost?.Errors ?? [UsageErrors.NotRecorded()])
            : Results.Ok(Response(outcome, task, request, cost.Value));
    }

    /// <summary>Nothing is ever cut off: an input that does not fit is refused before it costs device time.</summary>
    private static Result<List<QueuedInput>> Counted(ServedDeployment deployment, DeployedTask task, PredictRequest request)
    {
        List<Error> errors = [];
        List<QueuedInput> inputs = [];
        foreach (var (index, input) in request.Inputs.Index())
        {
            var tokens = deployment.Model.CountPromptTokens(task.Spec.Name, input.Text, input.Text2);
            if (tokens > task.MaxPromptTokens)
                errors.Add(ServingErrors.InputTooLong(index, tokens, task.MaxPromptTokens));
            inputs.Add(new QueuedInput(input.Text, input.Text2, tokens));
        }

        return errors.Count == 0 ? inputs : Result.Failure<List<QueuedInput>>(errors);
    }

    /// <summary>Whoever gave up or failed after some device time is on record too: the shares have to add up to the engine's busy time.</summary>
    /// <returns>Null when there was nothing to record.</returns>
    private async Task<Result<Money>?> RecordAsync(
        RequestOutcome outcome, DeployedTask task, VerifiedKey key, bool isAnswered, int inputs, HttpContext http, long received)
    {
        if (outcome.By is not { } deployment)
            return null;
        return await usage.RecordAsync(new UsageDraft(
            clock.GetUtcNow(), http.RequestId(), task.Id, task.TeamId, key.KeyId, deployment.ModelVersionId, deployment.Id, inputs,
            outcome.PromptTokens, outcome.CachedTokens, outcome.CompletionTokens, outcome.DeviceMicroseconds,
            isAnswered ? UsageStatus.Ok : UsageStatus.Error, clock.GetElapsedTime(received)));
    }

    private static PredictResponse Response(RequestOutcome outcome, DeployedTask task, PredictRequest request, Money cost) => new(
        task.Spec.Name,
        outcome.By!.ModelVersion,
        [.. request.Inputs.Zip(outcome.Answers, (input, answer) => new Prediction(
            input.Id, answer.Output, answer.Score,
            [.. answer.Alternatives.Take(request.TopK).Select(label => new Alternative(label.Output, label.Probability))],
            Wire(answer.FinishReason)))],
        new PredictUsage(
            outcome.PromptTokens, outcome.CachedTokens, outcome.CompletionTokens, outcome.DeviceMicroseconds / 1000m, Cost.Of(cost)));

    private static string Wire(FinishReason reason) => reason switch
    {
        FinishReason.Label => "label",
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Unknown finish reason."),
    };
}

using Microsoft.Extensions.Options;
using Platform.Api.Budgets;
using Platform.Api.Labels;
using Platform.Api.Limits;
using Platform.Api.Sampling;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Api.Telemetry;
using Platform.Api.Usage;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Usage;

namespace Platform.Api.Requests;

/// <summary>
/// The one way of a request, from whichever route, through the engine and the ledger: what it may cost, waits, computes and is billed is
/// decided here and nowhere else. An answer leaves only after its usage is on disk.
/// </summary>
internal sealed class RequestPipeline(
    EngineThread engine, ServingState state, RequestBudgets budgets, UsageWriter usage, ShadowTraffic shadows, SampleWriter samples, ApiMetrics metrics, KeyLimits limits, TaskSettings settings, CallerLabels labels, IOptions<ApiOptions> options,
    TimeProvider clock)
{
    // Each try meets a deployment that was live a moment ago; more than one switch during a request's arrival is an accident.
    private const int MostSwitches = 3;

    /// <param name="call">The request.</param>
    /// <param name="aborted">The caller is gone: what was computed so far is still put on record.</param>
    /// <returns>The answers, or why there are none: over a limit, too late, or a fault.</returns>
    public async Task<Result<CallOutcome>> RunAsync(TaskCall call, CancellationToken aborted)
    {
        var outcome = await LimitedAsync(call, aborted);
        if (outcome.IsFailure)
            metrics.Refused(call, outcome.Error);
        return outcome;
    }

    /// <summary>Holds the key to its tokens a minute, and lines of a batch also to its requests, which nobody has counted yet: each is one.</summary>
    private async Task<Result<CallOutcome>> LimitedAsync(TaskCall call, CancellationToken aborted)
    {
        var behind = call.Priority == RequestPriority.Batch;
        if (behind && await limits.TakeRequestAsync(call.Key, behind, CancellationToken.None) is { } refused)
            return refused;
        if (limits.TokensOf(call.Key) is null)
            return await AnswerAsync(call, aborted);

        var prompt = call.Inputs.Sum(input => (long)call.Deployment.Model.CountPromptTokens(call.Task.Spec.Name, input.Text, input.Text2));
        if (await limits.TakeTokensAsync(call.Key, prompt, behind, CancellationToken.None) is { } limited)
        {
            if (behind)
                await limits.GiveBackRequestAsync(call.Key);
            return limited;
        }

        var outcome = await AnswerAsync(call, aborted);
        await limits.SpendTokensAsync(call.Key, outcome.IsSuccess ? outcome.Value.Usage.CompletionTokens : -prompt);
        return outcome;
    }

    private async Task<Result<CallOutcome>> AnswerAsync(TaskCall call, CancellationToken aborted)
    {
        // Nobody waits for a batch's line: it has as long as its batch.
        var limit = call.Deadline is { } wanted && (wanted < options.Value.RequestTimeout || call.Priority == RequestPriority.Batch) ? wanted : options.Value.RequestTimeout;
        var deadline = call.Received + (long)(limit.TotalSeconds * clock.TimestampFrequency);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        patience.CancelAfter(Left(deadline));
        var counted = Counted(call);
        if (counted.IsFailure)
            return Result.Failure<CallOutcome>(counted.Errors);
        Result<BudgetHold> reserved;
        try
        {
            reserved = await budgets.ReserveAsync(call, counted.Value, patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return aborted.IsCancellationRequested ? ServingErrors.CallerGone() : ServingErrors.TimedOut(limit, call.Inputs.Count);
        }

        if (reserved.IsFailure)
            return Result.Failure<CallOutcome>(reserved.Errors);
        using var hold = reserved.Value;
        for (var attempt = 1; ; attempt++)
        {
            var run = await engine.RunAsync(call.Deployment, Queued(call, counted.Value, deadline), patience.Token);
            if (run.IsSuccess)
                return await EndAsync(call, run.Value, hold, limit, aborted);
            if (run.Error.Code != ServingErrors.Draining().Code || attempt == MostSwitches)
                return Result.Failure<CallOutcome>(run.Errors);
            var moved = Moved(call);
            if (moved.IsFailure)
                return Result.Failure<CallOutcome>(moved.Errors);
            call = moved.Value;
            counted = Counted(call);
            if (counted.IsFailure)
                return Result.Failure<CallOutcome>(counted.Errors);
        }
    }

    private QueuedRequest Queued(TaskCall call, IReadOnlyList<QueuedInput> inputs, long deadline) => new(call.Task.Spec.Name, inputs)
    {
        OnDelta = CallerLabels.Translate(call.OnDelta, labels.NamesFor(call)),
        Priority = settings.PriorityOf(call.Task.Id, call.Priority),
        Weight = settings.WeightOf(call.Task.Id),
        Deadline = deadline,
    };

    private TimeSpan Left(long deadline) => clock.GetElapsedTime(clock.GetTimestamp(), deadline) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Nothing is ever cut off: an input that does not fit is refused before it costs device time.</summary>
    private static Result<List<QueuedInput>> Counted(TaskCall call)
    {
        List<Error> errors = [];
        List<QueuedInput> inputs = [];
        foreach (var (index, input) in call.Inputs.Index())
        {
            var tokens = call.Deployment.Model.CountPromptTokens(call.Task.Spec.Name, input.Text, input.Text2);
            if (tokens > call.Task.MaxPromptTokens)
                errors.Add(ServingErrors.InputTooLong(index, tokens, call.Task.MaxPromptTokens));
            inputs.Add(new QueuedInput(input.Text, input.Text2, tokens, input.Options));
        }

        return errors.Count == 0 ? inputs : Result.Failure<List<QueuedInput>>(errors);
    }

    /// <summary>The same request for what serves now.</summary>
    private Result<TaskCall> Moved(TaskCall call)
    {
        var name = call.Task.Spec.Name;
        var routing = state.Routing;
        if (routing.For(name) is { } deployment)
            return call with { Deployment = deployment, Task = deployment.Tasks[name] };
        return routing.Live is { } live ? ServingErrors.TaskNotServed(name, live.ModelVersion) : ServingErrors.NotReady(state.NotReady);
    }

    private async Task<Result<CallOutcome>> EndAsync(TaskCall call, RequestOutcome outcome, BudgetHold hold, TimeSpan limit, CancellationToken aborted)
    {
        var isAnswered = outcome.Error is null && !outcome.Cancelled && !aborted.IsCancellationRequested;
        var cost = await RecordAsync(call, outcome, hold, isAnswered);
        metrics.Completed(call, outcome, isAnswered);
        if (outcome.Error is { } error)
            return error;
        if (aborted.IsCancellationRequested)
            return ServingErrors.CallerGone();
        if (outcome.Cancelled)
            return ServingErrors.TimedOut(limit, call.Inputs.Count);
        if (cost is null or { IsFailure: true })
            return Result.Failure<CallOutcome>(cost?.Errors ?? [UsageErrors.NotRecorded()]);
        shadows.Offer(call, outcome);
        samples.Offer(call, outcome);
        var names = labels.NamesFor(call);
        var answers = names is null ? outcome.Answers : [.. outcome.Answers.Select(answer => CallerLabels.Translate(answer, names))];
        return new CallOutcome(outcome.By!, answers, new CallUsage(
            outcome.PromptTokens, outcome.CachedTokens, outcome.CompletionTokens, outcome.DeviceMicroseconds, cost.Value));
    }

    /// <summary>Whoever gave up or failed after some device time is on record too: the shares have to add up to the engine's busy time.</summary>
    /// <returns>Null when there was nothing to record.</returns>
    private async Task<Result<Money>?> RecordAsync(TaskCall call, RequestOutcome outcome, BudgetHold hold, bool isAnswered)
    {
        if (outcome.By is not { } deployment)
            return null;
        var draft = new UsageDraft(
            clock.GetUtcNow(), call.RequestId, call.Task.Id, call.Task.TeamId, call.Key.KeyId, deployment.ModelVersionId, deployment.Id, call.Inputs.Count,
            outcome.PromptTokens, outcome.CachedTokens, outcome.CompletionTokens, outcome.DeviceMicroseconds,
            isAnswered ? UsageStatus.Ok : UsageStatus.Error, clock.GetElapsedTime(call.Received))
        {
            SessionId = deployment.SessionId,
            Charge = hold.Charge,
        };
        var cost = await usage.RecordAsync(draft);
        if (cost.IsSuccess)
            hold.Settle(cost.Value);
        budgets.Learn(draft);
        return cost;
    }
}

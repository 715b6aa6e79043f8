using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Domain.Results;
using Platform.Domain.Usage;

namespace Platform.Api.Budgets;

/// <summary>What a request may cost by its budgets: reserved before it waits for the engine, whichever route it came by.</summary>
internal sealed class RequestBudgets(BudgetGate gate, DeviceTimeBound bound, IHttpContextAccessor http)
{
    public const string WarningHeader = "x-budget-warning";

    public async Task<Result<BudgetHold>> ReserveAsync(TaskCall call, IReadOnlyList<QueuedInput> inputs, CancellationToken cancellationToken)
    {
        var tokens = inputs.Sum(input => (long)input.Tokens + LongestAnswer(call, input));
        var hold = await gate.ReserveAsync(call.Task.Id, call.Task.TeamId, call.Key.KeyId, bound.For(call.Task.Id, tokens), cancellationToken);

        // Nothing of the answer is sent yet, also of one that will be streamed.
        if (hold.IsSuccess && hold.Value.Warnings.Count > 0 && http.HttpContext is { Response.HasStarted: false } context)
            context.Response.Headers[WarningHeader] = hold.Value.Warnings.ToArray();
        return hold;
    }

    /// <summary>What the next request of the task can be expected to take.</summary>
    public void Learn(UsageDraft draft) => bound.Learn(draft.TaskId, draft.PromptTokens - draft.CachedTokens + draft.CompletionTokens, draft.DeviceMicroseconds);

    private static int LongestAnswer(TaskCall call, QueuedInput input) => call.Task.Spec.IsClosed ? 1 : Math.Min(input.Options?.MaxTokens ?? int.MaxValue, call.Task.Spec.MaxOutputTokens);
}

using Platform.Domain.Budgets;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;

namespace Platform.Domain.Usage;

/// <summary>A request's usage before it has a price.</summary>
public sealed record UsageDraft(
    DateTimeOffset At, string RequestId, Guid TaskId, Guid TeamId, Guid KeyId, Guid ModelVersionId, Guid DeploymentId,
    int Inputs, long PromptTokens, long CachedTokens, long CompletionTokens, long DeviceMicroseconds, UsageStatus Status, TimeSpan Latency)
{
    /// <summary>The engine session that did the work; its busy time grows in the same transaction.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>What was reserved for the request before it was computed; null without hard budgets.</summary>
    public BudgetCharge? Charge { get; init; }

    internal long BilledMicroseconds => Status == UsageStatus.Shadow ? 0 : DeviceMicroseconds;

    internal UsageRecord Priced(Money cost) => new()
    {
        AtMicroseconds = UnixTime.ToMicroseconds(At),
        RequestId = RequestId,
        TaskId = TaskId,
        TeamId = TeamId,
        KeyId = KeyId,
        ModelVersionId = ModelVersionId,
        DeploymentId = DeploymentId,
        SessionId = SessionId,
        Inputs = Inputs,
        PromptTokens = PromptTokens,
        CachedTokens = CachedTokens,
        CompletionTokens = CompletionTokens,
        DeviceMicroseconds = DeviceMicroseconds,
        CostNano = cost.Nano,
        Currency = cost.Currency,
        Status = Status,
        LatencyMicroseconds = Latency.Ticks / TimeSpan.TicksPerMicrosecond,
    };
}

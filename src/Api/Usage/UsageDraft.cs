using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Usage;

namespace Platform.Api.Usage;

/// <summary>A request's usage before it has a price.</summary>
internal sealed record UsageDraft(
    DateTimeOffset At, string RequestId, Guid TaskId, Guid TeamId, Guid KeyId, Guid ModelVersionId, Guid DeploymentId,
    int Inputs, long PromptTokens, long CachedTokens, long CompletionTokens, long DeviceMicroseconds, UsageStatus Status, TimeSpan Latency)
{
    public UsageRecord Priced(Money cost) => new()
    {
        AtMicroseconds = UnixTime.ToMicroseconds(At),
        RequestId = RequestId,
        TaskId = TaskId,
        TeamId = TeamId,
        KeyId = KeyId,
        ModelVersionId = ModelVersionId,
        DeploymentId = DeploymentId,
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

using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>A usage record or a roll-up of records, as queries read both.</summary>
internal sealed class UsageRow
{
    public required long AtMicroseconds { get; init; }

    public required Guid TaskId { get; init; }

    public required Guid TeamId { get; init; }

    public required Guid KeyId { get; init; }

    public required string Currency { get; init; }

    public required long Requests { get; init; }

    public required long Errors { get; init; }

    public required long Inputs { get; init; }

    public required long PromptTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CompletionTokens { get; init; }

    public required long DeviceMicroseconds { get; init; }

    public required long CostNano { get; init; }
}

internal static class UsageRows
{
    /// <summary>What was recorded in the span.</summary>
    public static IQueryable<UsageRow> Rows(this UsageSpan span, PlatformDbContext context) => span.Hours == 0
        ? context.UsageRecords.Where(record => record.AtMicroseconds >= span.From && record.AtMicroseconds < span.To).Select(record => new UsageRow
        {
            AtMicroseconds = record.AtMicroseconds,
            TaskId = record.TaskId,
            TeamId = record.TeamId,
            KeyId = record.KeyId,
            Currency = record.Currency,
            Requests = record.Status == UsageStatus.Shadow ? 0L : 1L,
            Errors = record.Status == UsageStatus.Error ? 1L : 0L,
            Inputs = record.Status == UsageStatus.Shadow ? 0L : record.Inputs,
            PromptTokens = record.Status == UsageStatus.Shadow ? 0L : record.PromptTokens,
            CachedTokens = record.Status == UsageStatus.Shadow ? 0L : record.CachedTokens,
            CompletionTokens = record.Status == UsageStatus.Shadow ? 0L : record.CompletionTokens,
            DeviceMicroseconds = record.Status == UsageStatus.Shadow ? 0L : record.DeviceMicroseconds,
            CostNano = record.CostNano,
        })
        : context.UsageRollups.Where(sum => sum.Hours == span.Hours && sum.StartMicroseconds >= span.From && sum.StartMicroseconds < span.To).Select(sum => new UsageRow
        {
            AtMicroseconds = sum.StartMicroseconds,
            TaskId = sum.TaskId,
            TeamId = sum.TeamId,
            KeyId = sum.KeyId,
            Currency = sum.Currency,
            Requests = sum.Requests,
            Errors = sum.Errors,
            Inputs = sum.Inputs,
            PromptTokens = sum.PromptTokens,
            CachedTokens = sum.CachedTokens,
            CompletionTokens = sum.CompletionTokens,
            DeviceMicroseconds = sum.DeviceMicroseconds,
            CostNano = sum.CostNano,
        });

    /// <summary>Adjustments of usage in the span; their amount takes the cost's place.</summary>
    public static IQueryable<UsageRow> Adjustments(PlatformDbContext context, long from, long to) => context.UsageAdjustments
        .Where(entry => entry.AtMicroseconds >= from && entry.AtMicroseconds < to).Select(entry => new UsageRow
        {
            AtMicroseconds = entry.AtMicroseconds,
            TaskId = entry.TaskId,
            TeamId = entry.TeamId,
            KeyId = entry.KeyId,
            Currency = entry.Currency,
            Requests = 0L,
            Errors = 0L,
            Inputs = 0L,
            PromptTokens = 0L,
            CachedTokens = 0L,
            CompletionTokens = 0L,
            DeviceMicroseconds = 0L,
            CostNano = entry.AmountNano,
        });
}

using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>Adds records; one whose request is on record already is left out.</summary>
internal static class UsageInsert
{
    private static readonly string[] Columns =
    [
        nameof(UsageRecord.AtMicroseconds), nameof(UsageRecord.RequestId), nameof(UsageRecord.TaskId), nameof(UsageRecord.TeamId), nameof(UsageRecord.KeyId),
        nameof(UsageRecord.ModelVersionId), nameof(UsageRecord.DeploymentId), nameof(UsageRecord.SessionId), nameof(UsageRecord.Inputs), nameof(UsageRecord.PromptTokens),
        nameof(UsageRecord.CachedTokens), nameof(UsageRecord.CompletionTokens), nameof(UsageRecord.DeviceMicroseconds), nameof(UsageRecord.CostNano),
        nameof(UsageRecord.Currency), nameof(UsageRecord.Status), nameof(UsageRecord.LatencyMicroseconds),
    ];

    private static readonly string Text = $"""
        INSERT INTO "UsageRecords" ({string.Join(", ", Columns.Select(column => $"\"{column}\""))})
        VALUES ({string.Join(", ", Columns.Select(column => "@" + column))}) ON CONFLICT ("RequestId") DO NOTHING
        """;

    private static readonly string[] Parameters = [.. Columns.Select(column => "@" + column)];

    /// <returns>For each record, whether it is new.</returns>
    public static async Task<IReadOnlyList<bool>> AddAsync(PlatformDbContext context, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        await using var statement = SqlStatement.In(context, Text, Parameters);
        var added = await statement.ExecuteAllAsync([.. records.Select(Values)], cancellationToken);
        return [.. added.Select(count => count == 1)];
    }

    private static object?[] Values(UsageRecord record) =>
    [
        record.AtMicroseconds, record.RequestId, record.TaskId, record.TeamId, record.KeyId, record.ModelVersionId, record.DeploymentId, record.SessionId, record.Inputs,
        record.PromptTokens, record.CachedTokens, record.CompletionTokens, record.DeviceMicroseconds, record.CostNano, record.Currency, record.Status.ToString(), record.LatencyMicroseconds,
    ];
}

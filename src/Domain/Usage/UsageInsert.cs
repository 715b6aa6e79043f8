using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>Adds records one by one; one whose request is on record already is left out.</summary>
internal sealed class UsageInsert(PlatformDbContext context) : IAsyncDisposable
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

    private readonly SqlStatement statement = SqlStatement.In(context, Text, Parameters);

    /// <returns>False when the request is on record already.</returns>
    public async Task<bool> AddAsync(UsageRecord record, CancellationToken cancellationToken) => await statement.ExecuteAsync(
        cancellationToken, record.AtMicroseconds, record.RequestId, record.TaskId, record.TeamId, record.KeyId, record.ModelVersionId, record.DeploymentId,
        record.SessionId, record.Inputs, record.PromptTokens, record.CachedTokens, record.CompletionTokens, record.DeviceMicroseconds, record.CostNano,
        record.Currency, record.Status.ToString(), record.LatencyMicroseconds) == 1;

    public ValueTask DisposeAsync() => statement.DisposeAsync();
}

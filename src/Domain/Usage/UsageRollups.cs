using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>Adds new records to the sums over their hour and their day.</summary>
internal static class UsageRollups
{
    private static readonly string[] Keys =
    [
        nameof(UsageRollup.Hours), nameof(UsageRollup.StartMicroseconds), nameof(UsageRollup.TaskId), nameof(UsageRollup.KeyId), nameof(UsageRollup.TeamId), nameof(UsageRollup.Currency),
    ];

    private static readonly string[] Sums =
    [
        nameof(UsageRollup.Requests), nameof(UsageRollup.Errors), nameof(UsageRollup.Inputs), nameof(UsageRollup.PromptTokens), nameof(UsageRollup.CachedTokens),
        nameof(UsageRollup.CompletionTokens), nameof(UsageRollup.DeviceMicroseconds), nameof(UsageRollup.CostNano),
    ];

    private static readonly string Text = $"""
        INSERT INTO "UsageRollups" ({string.Join(", ", Keys.Concat(Sums).Select(Quoted))})
        VALUES ({string.Join(", ", Keys.Concat(Sums).Select(column => "@" + column))})
        ON CONFLICT ({string.Join(", ", Keys.Select(Quoted))}) DO UPDATE SET
        {string.Join(", ", Sums.Select(column => $"\"{column}\" = \"UsageRollups\".\"{column}\" + excluded.\"{column}\""))}
        """;

    private static readonly string[] Parameters = [.. Keys.Concat(Sums).Select(column => "@" + column)];

    public static async Task AddAsync(PlatformDbContext context, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return;
        // A trial's copies of requests are nobody's usage.
        var counted = records.Where(record => record.Status != UsageStatus.Shadow).ToList();
        var rows =
            from hours in new[] { UsageRollup.Hour, UsageRollup.Day }
            from record in counted
            group record by (Hours: hours, Start: UsageSpan.Floor(record.AtMicroseconds, hours * UnixTime.MicrosecondsPerDay / 24), record.TaskId, record.KeyId, record.TeamId, record.Currency) into same
            select new object?[]
            {
                same.Key.Hours, same.Key.Start, same.Key.TaskId, same.Key.KeyId, same.Key.TeamId, same.Key.Currency,
                same.LongCount(), same.LongCount(record => record.Status == UsageStatus.Error), same.Sum(record => (long)record.Inputs),
                same.Sum(record => record.PromptTokens), same.Sum(record => record.CachedTokens), same.Sum(record => record.CompletionTokens),
                same.Sum(record => record.DeviceMicroseconds), same.Sum(record => record.CostNano),
            };
        await using var statement = SqlStatement.In(context, Text, Parameters);
        await statement.ExecuteAllAsync([.. rows], cancellationToken);
    }

    private static string Quoted(string column) => $"\"{column}\"";
}

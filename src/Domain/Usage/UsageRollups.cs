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
        await using var statement = SqlStatement.In(context, Text, Parameters);
        foreach (var hours in new[] { UsageRollup.Hour, UsageRollup.Day })
        {
            // A trial's copies of requests are nobody's usage.
            var groups = records.Where(record => record.Status != UsageStatus.Shadow).GroupBy(record => (
                Start: UsageSpan.Floor(record.AtMicroseconds, hours * UnixTime.MicrosecondsPerDay / 24), record.TaskId, record.KeyId, record.TeamId, record.Currency));
            foreach (var group in groups)
                await statement.ExecuteAsync(
                    cancellationToken, hours, group.Key.Start, group.Key.TaskId, group.Key.KeyId, group.Key.TeamId, group.Key.Currency,
                    group.LongCount(), group.LongCount(record => record.Status == UsageStatus.Error), group.Sum(record => (long)record.Inputs),
                    group.Sum(record => record.PromptTokens), group.Sum(record => record.CachedTokens), group.Sum(record => record.CompletionTokens),
                    group.Sum(record => record.DeviceMicroseconds), group.Sum(record => record.CostNano));
        }
    }

    private static string Quoted(string column) => $"\"{column}\"";
}

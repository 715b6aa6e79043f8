using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>Counts new records into their day's latencies.</summary>
internal static class LatencyRollups
{
    private const string Text = """
        INSERT INTO "LatencyRollups" ("TaskId", "StartMicroseconds", "AtMostMicroseconds", "Requests") VALUES (@task, @start, @most, @requests)
        ON CONFLICT ("TaskId", "StartMicroseconds", "AtMostMicroseconds") DO UPDATE SET "Requests" = "LatencyRollups"."Requests" + excluded."Requests"
        """;

    public static async Task AddAsync(PlatformDbContext context, IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        // Requests that failed took as long as it took to refuse them, and copies for a trial had no caller who waited.
        var groups = records.Where(record => record.Status == UsageStatus.Ok).GroupBy(record => (
            record.TaskId, Start: UsageSpan.Floor(record.AtMicroseconds, UnixTime.MicrosecondsPerDay), AtMost: LatencySteps.Ceiling(record.LatencyMicroseconds))).ToList();
        if (groups.Count == 0)
            return;
        await using var statement = SqlStatement.In(context, Text, "@task", "@start", "@most", "@requests");
        await statement.ExecuteAllAsync([.. groups.Select(group => new object?[] { group.Key.TaskId, group.Key.Start, group.Key.AtMost, group.LongCount() })], cancellationToken);
    }
}

using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.LedgerBench;

/// <summary>Indexes come after the rows, as after a restore: row by row they would take most of the time.</summary>
internal sealed class PostgresFilling : IFilling
{
    private const int GroupSize = 2_000_000;

    public async Task FillAsync(PlatformDbContext context, Span span, Action<string> said)
    {
        // Kept for the whole filling, so that the settings hold.
        await context.Database.OpenConnectionAsync();
        await context.Database.ExecuteSqlRawAsync("""
            SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET work_mem = '256MB';
            DROP INDEX "IX_UsageRecords_RequestId"; DROP INDEX "IX_UsageRecords_AtMicroseconds_TaskId"; ALTER TABLE "UsageRecords" DROP CONSTRAINT "PK_UsageRecords";
            """);
        for (var first = 0L; first < span.Records; first += GroupSize)
        {
            var last = Math.Min(span.Records, first + GroupSize) - 1;
            await context.Database.ExecuteSqlRawAsync(string.Create(CultureInfo.InvariantCulture, $"""
                INSERT INTO "UsageRecords" ("AtMicroseconds", "RequestId", "TaskId", "TeamId", "KeyId", "ModelVersionId", "DeploymentId", "SessionId", "Inputs", "PromptTokens", "CachedTokens",
                    "CompletionTokens", "DeviceMicroseconds", "CostNano", "Currency", "Status", "LatencyMicroseconds")
                SELECT {span.From} + (n * {(double)span.Length / span.Records:R})::bigint, 'req_' || lpad(to_hex(n), 32, '0'), id[1 + r % {span.Tasks}], id[1 + r % {span.Tasks} % 3], id[1 + r % {2 * span.Tasks}],
                    id[1], id[1], id[1], 1, 20 + r % 180, r % 20, 1 + r % 7, 500 + r % 19500, (500 + r % 19500) * 5 / 9, 'USD', 'Ok', 5000 + r % 45000
                FROM (SELECT n, hashint8(n) & 2147483647 AS r FROM generate_series({first}::bigint, {last}) AS n) AS numbers,
                    (SELECT array_agg((lpad(to_hex(i), 8, '0') || '-0000-0000-0000-000000000000')::uuid ORDER BY i) AS id FROM generate_series(1, {2 * span.Tasks}) AS i) AS ids
                """));
            said($"{last + 1:N0} records");
        }
    }

    public async Task FinishAsync(PlatformDbContext context, Action<string> said)
    {
        foreach (var statement in new[]
        {
            """ALTER TABLE "UsageRecords" ADD CONSTRAINT "PK_UsageRecords" PRIMARY KEY ("Id")""",
            """CREATE UNIQUE INDEX "IX_UsageRecords_RequestId" ON "UsageRecords" ("RequestId")""",
            """CREATE INDEX "IX_UsageRecords_AtMicroseconds_TaskId" ON "UsageRecords" ("AtMicroseconds", "TaskId")""",
            "VACUUM (ANALYZE)",
            "CHECKPOINT",
        })
        {
            said(statement);
            await context.Database.ExecuteSqlRawAsync(statement);
        }
    }
}

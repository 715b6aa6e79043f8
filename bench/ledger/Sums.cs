using System.Globalization;
using Platform.Domain.Usage;

namespace Platform.LedgerBench;

/// <summary>The sums that the ledger keeps beside its records, for records that were written into the database directly. Both providers read it.</summary>
internal static class Sums
{
    private const long Hour = 3_600_000_000;
    private const long Day = 24 * Hour;

    public static IEnumerable<string> Statements =>
    [
        string.Create(CultureInfo.InvariantCulture, $"""
            {Into}
            SELECT {UsageRollup.Hour}, "AtMicroseconds" / {Hour} * {Hour}, "TaskId", "KeyId", "TeamId", "Currency", COUNT(*), 0, SUM("Inputs"), SUM("PromptTokens"),
                SUM("CachedTokens"), SUM("CompletionTokens"), SUM("DeviceMicroseconds"), SUM("CostNano") FROM "UsageRecords" GROUP BY 2, 3, 4, 5, 6
            """),
        string.Create(CultureInfo.InvariantCulture, $"""
            {Into}
            SELECT {UsageRollup.Day}, "StartMicroseconds" / {Day} * {Day}, "TaskId", "KeyId", "TeamId", "Currency", SUM("Requests"), SUM("Errors"), SUM("Inputs"), SUM("PromptTokens"),
                SUM("CachedTokens"), SUM("CompletionTokens"), SUM("DeviceMicroseconds"), SUM("CostNano") FROM "UsageRollups" WHERE "Hours" = {UsageRollup.Hour} GROUP BY 2, 3, 4, 5, 6
            """),
        // Latencies here lie between 5 and 50 ms; the steps are those of LatencySteps.
        string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO "LatencyRollups" ("TaskId", "StartMicroseconds", "AtMostMicroseconds", "Requests")
            SELECT "TaskId", "AtMicroseconds" / {Day} * {Day}, CASE WHEN "LatencyMicroseconds" <= 10000 THEN ("LatencyMicroseconds" + 499) / 500 * 500
                WHEN "LatencyMicroseconds" <= 20000 THEN ("LatencyMicroseconds" + 999) / 1000 * 1000 ELSE ("LatencyMicroseconds" + 1999) / 2000 * 2000 END, COUNT(*)
            FROM "UsageRecords" GROUP BY 1, 2, 3
            """),
    ];

    private const string Into = """
        INSERT INTO "UsageRollups" ("Hours", "StartMicroseconds", "TaskId", "KeyId", "TeamId", "Currency", "Requests", "Errors", "Inputs", "PromptTokens", "CachedTokens",
            "CompletionTokens", "DeviceMicroseconds", "CostNano")
        """;
}

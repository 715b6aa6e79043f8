namespace Platform.LedgerBench;

/// <summary>The counts by latency that the ledger keeps beside its records, for records that were written into the database directly.</summary>
internal static class LatencySums
{
    // Latencies here lie between 5 and 50 ms; the steps are those of LatencySteps.
    public const string Fill = """
        INSERT INTO "LatencyRollups" ("TaskId", "StartMicroseconds", "AtMostMicroseconds", "Requests")
        SELECT "TaskId", "AtMicroseconds" / 86400000000 * 86400000000 AS "Day", CASE WHEN "LatencyMicroseconds" <= 10000 THEN ("LatencyMicroseconds" + 499) / 500 * 500
            WHEN "LatencyMicroseconds" <= 20000 THEN ("LatencyMicroseconds" + 999) / 1000 * 1000 ELSE ("LatencyMicroseconds" + 1999) / 2000 * 2000 END AS "AtMost", COUNT(*)
        FROM "UsageRecords" GROUP BY "TaskId", "Day", "AtMost"
        """;
}

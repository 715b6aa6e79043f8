using Microsoft.EntityFrameworkCore.Migrations;

namespace Platform.Migrations.Sqlite;

/// <summary>What the ledger needs beyond tables.</summary>
internal static class LedgerSql
{
    private static readonly string[] AppendOnly = ["UsageAdjustments", "Rates", "IdleRules"];
    private static readonly string[] Changes = ["UPDATE", "DELETE"];

    public static void Up(MigrationBuilder migration)
    {
        // The sums over what was recorded before there were roll-ups.
        foreach (var hours in new[] { 1, 24 })
            migration.Sql($"""
                INSERT INTO "UsageRollups" ("Hours", "StartMicroseconds", "TaskId", "KeyId", "TeamId", "Currency", "Requests", "Errors", "Inputs",
                    "PromptTokens", "CachedTokens", "CompletionTokens", "DeviceMicroseconds", "CostNano")
                SELECT {hours}, "AtMicroseconds" / {hours * 3_600_000_000L} * {hours * 3_600_000_000L}, "TaskId", "KeyId", "TeamId", "Currency", COUNT(*), SUM("Status" = 'Error'), SUM("Inputs"),
                    SUM("PromptTokens"), SUM("CachedTokens"), SUM("CompletionTokens"), SUM("DeviceMicroseconds"), SUM("CostNano")
                FROM "UsageRecords" WHERE "Status" <> 'Shadow' GROUP BY 2, 3, 4, 5, 6;
                """);
        foreach (var table in AppendOnly)
            foreach (var change in Changes)
                migration.Sql($"""
                    CREATE TRIGGER "TR_{table}_{change}" BEFORE {change} ON "{table}"
                    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
                    """);
    }

    public static void Down(MigrationBuilder migration)
    {
        foreach (var table in AppendOnly)
            foreach (var change in Changes)
                migration.Sql($"""DROP TRIGGER "TR_{table}_{change}";""");
    }
}

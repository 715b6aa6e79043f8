using Microsoft.EntityFrameworkCore.Migrations;

namespace Platform.Migrations.Postgres;

/// <summary>The audit log and the ledger refuse changes in the database itself, whoever connects to it.</summary>
internal static class HistorySql
{
    private static readonly string[] AppendOnly = ["AuditEntries", "UsageRecords", "UsageAdjustments", "Rates", "IdleRules"];

    public static void Up(MigrationBuilder migration)
    {
        migration.Sql("""
            CREATE FUNCTION platform_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END;
            $$;
            """);
        foreach (var table in AppendOnly)
            migration.Sql($"""
                CREATE TRIGGER "TR_{table}_AppendOnly" BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
                FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
                """);
    }

    public static void Down(MigrationBuilder migration)
    {
        foreach (var table in AppendOnly)
            migration.Sql($"""DROP TRIGGER "TR_{table}_AppendOnly" ON "{table}";""");
        migration.Sql("DROP FUNCTION platform_refuse_change();");
    }
}

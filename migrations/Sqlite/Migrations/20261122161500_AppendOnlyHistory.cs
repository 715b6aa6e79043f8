using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Platform.Domain.Persistence;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <summary>The audit log and the usage ledger refuse changes in the database itself, whoever opens the file.</summary>
    [DbContext(typeof(PlatformDbContext))]
    [Migration("20261122161500_AppendOnlyHistory")]
    public partial class AppendOnlyHistory : Migration
    {
        private static readonly string[] Tables = ["AuditEntries", "UsageRecords"];
        private static readonly string[] Changes = ["UPDATE", "DELETE"];

        protected override void Up(MigrationBuilder migrationBuilder)
        {
            foreach (var table in Tables)
                foreach (var change in Changes)
                    migrationBuilder.Sql($"""
                        CREATE TRIGGER "TR_{table}_{change}" BEFORE {change} ON "{table}"
                        BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
                        """);
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            foreach (var table in Tables)
                foreach (var change in Changes)
                    migrationBuilder.Sql($"""DROP TRIGGER "TR_{table}_{change}";""");
        }
    }
}

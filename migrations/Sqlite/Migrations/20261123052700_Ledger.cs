using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Ledger : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Rates_StartsAt",
                table: "Rates");

            migrationBuilder.AddColumn<Guid>(
                name: "SessionId",
                table: "UsageRecords",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Reason",
                table: "Rates",
                type: "TEXT",
                maxLength: 1000,
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Revision",
                table: "Rates",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "MeasuredMicroseconds",
                table: "EngineSessions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "Server",
                table: "EngineSessions",
                type: "TEXT",
                maxLength: 128,
                nullable: true);

            migrationBuilder.CreateTable(
                name: "BudgetAccounts",
                columns: table => new
                {
                    BudgetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    PeriodStart = table.Column<long>(type: "INTEGER", nullable: false),
                    SpentNano = table.Column<long>(type: "INTEGER", nullable: false),
                    ReservedNano = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BudgetAccounts", x => new { x.BudgetId, x.PeriodStart });
                });

            migrationBuilder.CreateTable(
                name: "BudgetLeases",
                columns: table => new
                {
                    BudgetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    PeriodStart = table.Column<long>(type: "INTEGER", nullable: false),
                    Server = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    AmountNano = table.Column<long>(type: "INTEGER", nullable: false),
                    SeenAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BudgetLeases", x => new { x.BudgetId, x.PeriodStart, x.Server });
                });

            migrationBuilder.CreateTable(
                name: "Budgets",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Scope = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    ScopeId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Period = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    LimitNano = table.Column<long>(type: "INTEGER", nullable: false),
                    Currency = table.Column<string>(type: "TEXT", maxLength: 3, nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    CreatedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    EndedAt = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Budgets", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "IdleRules",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    StartsAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Revision = table.Column<int>(type: "INTEGER", nullable: false),
                    Sharing = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Reservations = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    CreatedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_IdleRules", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "UsageAdjustments",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    AtMicroseconds = table.Column<long>(type: "INTEGER", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TeamId = table.Column<Guid>(type: "TEXT", nullable: false),
                    KeyId = table.Column<Guid>(type: "TEXT", nullable: false),
                    RateId = table.Column<Guid>(type: "TEXT", nullable: false),
                    DeviceMicroseconds = table.Column<long>(type: "INTEGER", nullable: false),
                    AmountNano = table.Column<long>(type: "INTEGER", nullable: false),
                    Currency = table.Column<string>(type: "TEXT", maxLength: 3, nullable: false),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    BookedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    BookedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_UsageAdjustments", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "UsageRollups",
                columns: table => new
                {
                    Hours = table.Column<int>(type: "INTEGER", nullable: false),
                    StartMicroseconds = table.Column<long>(type: "INTEGER", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TeamId = table.Column<Guid>(type: "TEXT", nullable: false),
                    KeyId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Currency = table.Column<string>(type: "TEXT", maxLength: 3, nullable: false),
                    Requests = table.Column<long>(type: "INTEGER", nullable: false),
                    Errors = table.Column<long>(type: "INTEGER", nullable: false),
                    Inputs = table.Column<long>(type: "INTEGER", nullable: false),
                    PromptTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    CachedTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    CompletionTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    DeviceMicroseconds = table.Column<long>(type: "INTEGER", nullable: false),
                    CostNano = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_UsageRollups", x => new { x.Hours, x.StartMicroseconds, x.TaskId, x.KeyId, x.TeamId, x.Currency });
                });

            migrationBuilder.CreateIndex(
                name: "IX_Rates_StartsAt_Revision",
                table: "Rates",
                columns: new[] { "StartsAt", "Revision" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_EngineSessions_LastSeenAt",
                table: "EngineSessions",
                column: "LastSeenAt");

            migrationBuilder.CreateIndex(
                name: "IX_Budgets_OneInForce",
                table: "Budgets",
                columns: new[] { "Scope", "ScopeId", "Period", "Kind" },
                unique: true,
                filter: "\"EndedAt\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_IdleRules_StartsAt_Revision",
                table: "IdleRules",
                columns: new[] { "StartsAt", "Revision" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_UsageAdjustments_AtMicroseconds_TaskId",
                table: "UsageAdjustments",
                columns: new[] { "AtMicroseconds", "TaskId" });

            LedgerSql.Up(migrationBuilder);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            LedgerSql.Down(migrationBuilder);

            migrationBuilder.DropTable(
                name: "BudgetAccounts");

            migrationBuilder.DropTable(
                name: "BudgetLeases");

            migrationBuilder.DropTable(
                name: "Budgets");

            migrationBuilder.DropTable(
                name: "IdleRules");

            migrationBuilder.DropTable(
                name: "UsageAdjustments");

            migrationBuilder.DropTable(
                name: "UsageRollups");

            migrationBuilder.DropIndex(
                name: "IX_Rates_StartsAt_Revision",
                table: "Rates");

            migrationBuilder.DropIndex(
                name: "IX_EngineSessions_LastSeenAt",
                table: "EngineSessions");

            migrationBuilder.DropColumn(
                name: "SessionId",
                table: "UsageRecords");

            migrationBuilder.DropColumn(
                name: "Reason",
                table: "Rates");

            migrationBuilder.DropColumn(
                name: "Revision",
                table: "Rates");

            migrationBuilder.DropColumn(
                name: "MeasuredMicroseconds",
                table: "EngineSessions");

            migrationBuilder.DropColumn(
                name: "Server",
                table: "EngineSessions");

            migrationBuilder.CreateIndex(
                name: "IX_Rates_StartsAt",
                table: "Rates",
                column: "StartsAt",
                unique: true);
        }
    }
}

using System;
using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class LatencyFleetContests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "FilterContests",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    RunId = table.Column<Guid>(type: "uuid", nullable: false),
                    TaskId = table.Column<Guid>(type: "uuid", nullable: false),
                    Found = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Wanted = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    ContestedById = table.Column<Guid>(type: "uuid", nullable: true),
                    ContestedByName = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false, collation: "C"),
                    ContestedAt = table.Column<long>(type: "bigint", nullable: false),
                    Status = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    DecidedByName = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true, collation: "C"),
                    DecidedAt = table.Column<long>(type: "bigint", nullable: true),
                    DecisionReason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true, collation: "C"),
                    AppliedRunId = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_FilterContests", x => x.Id);
                    table.ForeignKey(
                        name: "FK_FilterContests_Runs_RunId",
                        column: x => x.RunId,
                        principalTable: "Runs",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_FilterContests_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "HostProcesses",
                columns: table => new
                {
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    Kind = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    Machine = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    ProcessId = table.Column<int>(type: "integer", nullable: false),
                    Build = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    Hardware = table.Column<string>(type: "character varying(512)", maxLength: 512, nullable: false, collation: "C"),
                    MemoryBytes = table.Column<long>(type: "bigint", nullable: false),
                    StartedAt = table.Column<long>(type: "bigint", nullable: false),
                    SeenAt = table.Column<long>(type: "bigint", nullable: false),
                    StoppedAt = table.Column<long>(type: "bigint", nullable: true),
                    Device = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: true, collation: "C"),
                    ResidentBytes = table.Column<long>(type: "bigint", nullable: false),
                    Waiting = table.Column<long>(type: "bigint", nullable: true),
                    Doing = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    Queues = table.Column<string>(type: "text", nullable: false),
                    Problems = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_HostProcesses", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "LatencyRollups",
                columns: table => new
                {
                    TaskId = table.Column<Guid>(type: "uuid", nullable: false),
                    StartMicroseconds = table.Column<long>(type: "bigint", nullable: false),
                    AtMostMicroseconds = table.Column<long>(type: "bigint", nullable: false),
                    Requests = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LatencyRollups", x => new { x.TaskId, x.StartMicroseconds, x.AtMostMicroseconds });
                });

            migrationBuilder.CreateIndex(
                name: "IX_FilterContests_OneOpen",
                table: "FilterContests",
                columns: new[] { "RunId", "TaskId" },
                unique: true,
                filter: "\"Status\" = 'Open'");

            migrationBuilder.CreateIndex(
                name: "IX_FilterContests_Status",
                table: "FilterContests",
                column: "Status");

            migrationBuilder.CreateIndex(
                name: "IX_FilterContests_TaskId",
                table: "FilterContests",
                column: "TaskId");

            migrationBuilder.CreateIndex(
                name: "IX_HostProcesses_SeenAt",
                table: "HostProcesses",
                column: "SeenAt");

            // Requests from before count as those after: the same steps as LatencySteps had when this was written.
            migrationBuilder.Sql($"""
                INSERT INTO "LatencyRollups" ("TaskId", "StartMicroseconds", "AtMostMicroseconds", "Requests")
                SELECT "TaskId", "AtMicroseconds" / 86400000000 * 86400000000 AS "Day", {Step()} AS "AtMost", COUNT(*)
                FROM "UsageRecords" WHERE "Status" = 'Ok' GROUP BY "TaskId", "Day", "AtMost"
                """);
        }

        private static string Step()
        {
            var text = new StringBuilder("CASE WHEN \"LatencyMicroseconds\" <= 10 THEN 10");
            for (var scale = 1L; scale <= 100_000_000; scale *= 10)
                foreach (var (most, width) in new[] { (200 * scale, 10 * scale), (500 * scale, 20 * scale), (1000 * scale, 50 * scale) })
                    text.Append(CultureInfo.InvariantCulture, $" WHEN \"LatencyMicroseconds\" <= {most} THEN (\"LatencyMicroseconds\" + {width - 1}) / {width} * {width}");
            return text.Append(" ELSE \"LatencyMicroseconds\" END").ToString();
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "FilterContests");

            migrationBuilder.DropTable(
                name: "HostProcesses");

            migrationBuilder.DropTable(
                name: "LatencyRollups");
        }
    }
}

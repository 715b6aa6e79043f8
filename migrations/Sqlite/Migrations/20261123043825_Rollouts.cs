using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Rollouts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "CertificateJson",
                table: "Deployments",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "CertificateSha256",
                table: "Deployments",
                type: "TEXT",
                maxLength: 64,
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "ReplacedId",
                table: "Deployments",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "RolloutMode",
                table: "Deployments",
                type: "TEXT",
                maxLength: 32,
                nullable: false,
                defaultValue: "Full");

            migrationBuilder.AddColumn<long>(
                name: "TrialAt",
                table: "Deployments",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "TrialPercent",
                table: "Deployments",
                type: "INTEGER",
                nullable: false,
                defaultValue: 100);

            migrationBuilder.AddColumn<string>(
                name: "TrialTasks",
                table: "Deployments",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.CreateTable(
                name: "TaskPins",
                columns: table => new
                {
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    DeploymentId = table.Column<Guid>(type: "TEXT", nullable: false),
                    PinnedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    PinnedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Reason = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TaskPins", x => x.TaskId);
                    table.ForeignKey(
                        name: "FK_TaskPins_Deployments_DeploymentId",
                        column: x => x.DeploymentId,
                        principalTable: "Deployments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TaskPins_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "TrialComparisons",
                columns: table => new
                {
                    DeploymentId = table.Column<Guid>(type: "TEXT", nullable: false),
                    LiveId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Inputs = table.Column<long>(type: "INTEGER", nullable: false),
                    Same = table.Column<long>(type: "INTEGER", nullable: false),
                    Failed = table.Column<long>(type: "INTEGER", nullable: false),
                    ScoreDifference = table.Column<double>(type: "REAL", nullable: false),
                    LiveMicroseconds = table.Column<long>(type: "INTEGER", nullable: false),
                    ShadowMicroseconds = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TrialComparisons", x => new { x.DeploymentId, x.LiveId, x.TaskId });
                    table.ForeignKey(
                        name: "FK_TrialComparisons_Deployments_DeploymentId",
                        column: x => x.DeploymentId,
                        principalTable: "Deployments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TrialComparisons_Deployments_LiveId",
                        column: x => x.LiveId,
                        principalTable: "Deployments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TrialComparisons_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Deployments_OneTrial",
                table: "Deployments",
                column: "Status",
                unique: true,
                filter: "\"Status\" = 'Trial'");

            migrationBuilder.CreateIndex(
                name: "IX_TaskPins_DeploymentId",
                table: "TaskPins",
                column: "DeploymentId");

            migrationBuilder.CreateIndex(
                name: "IX_TrialComparisons_LiveId",
                table: "TrialComparisons",
                column: "LiveId");

            migrationBuilder.CreateIndex(
                name: "IX_TrialComparisons_TaskId",
                table: "TrialComparisons",
                column: "TaskId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "TaskPins");

            migrationBuilder.DropTable(
                name: "TrialComparisons");

            migrationBuilder.DropIndex(
                name: "IX_Deployments_OneTrial",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "CertificateJson",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "CertificateSha256",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "ReplacedId",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "RolloutMode",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "TrialAt",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "TrialPercent",
                table: "Deployments");

            migrationBuilder.DropColumn(
                name: "TrialTasks",
                table: "Deployments");
        }
    }
}

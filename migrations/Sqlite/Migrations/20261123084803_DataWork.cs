using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class DataWork : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "DatasetIntakes",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    FilesJson = table.Column<string>(type: "TEXT", nullable: false),
                    Status = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    ColumnsJson = table.Column<string>(type: "TEXT", nullable: false),
                    RowsRead = table.Column<long>(type: "INTEGER", nullable: false),
                    ProblemsJson = table.Column<string>(type: "TEXT", nullable: false),
                    DatasetVersionId = table.Column<Guid>(type: "TEXT", nullable: true),
                    IsNew = table.Column<bool>(type: "INTEGER", nullable: false),
                    StartedById = table.Column<Guid>(type: "TEXT", nullable: true),
                    StartedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    StartedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    EndedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    ClaimOwner = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    ClaimFence = table.Column<long>(type: "INTEGER", nullable: false),
                    HeartbeatAt = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DatasetIntakes", x => x.Id);
                    table.ForeignKey(
                        name: "FK_DatasetIntakes_DatasetVersions_DatasetVersionId",
                        column: x => x.DatasetVersionId,
                        principalTable: "DatasetVersions",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_DatasetIntakes_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "DatasetRevisions",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    BaseVersionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Status = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    RowsJson = table.Column<string>(type: "TEXT", nullable: false),
                    ExcludedProblemsJson = table.Column<string>(type: "TEXT", nullable: false),
                    LabelsJson = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedById = table.Column<Guid>(type: "TEXT", nullable: true),
                    CreatedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    EndedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    ResultVersionId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Error = table.Column<string>(type: "TEXT", nullable: true),
                    ClaimOwner = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    ClaimFence = table.Column<long>(type: "INTEGER", nullable: false),
                    HeartbeatAt = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DatasetRevisions", x => x.Id);
                    table.ForeignKey(
                        name: "FK_DatasetRevisions_DatasetVersions_BaseVersionId",
                        column: x => x.BaseVersionId,
                        principalTable: "DatasetVersions",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_DatasetRevisions_DatasetVersions_ResultVersionId",
                        column: x => x.ResultVersionId,
                        principalTable: "DatasetVersions",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_DatasetRevisions_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "LabelPins",
                columns: table => new
                {
                    KeyId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Number = table.Column<int>(type: "INTEGER", nullable: false),
                    PinnedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LabelPins", x => new { x.KeyId, x.TaskId });
                    table.ForeignKey(
                        name: "FK_LabelPins_ApiKeys_KeyId",
                        column: x => x.KeyId,
                        principalTable: "ApiKeys",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "LabelSets",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Number = table.Column<int>(type: "INTEGER", nullable: false),
                    LabelsJson = table.Column<string>(type: "TEXT", nullable: false),
                    ChangesJson = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Reason = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LabelSets", x => x.Id);
                    table.ForeignKey(
                        name: "FK_LabelSets_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "PlaygroundQuestions",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    GroupId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ModelVersionId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Text = table.Column<string>(type: "TEXT", nullable: false),
                    Text2 = table.Column<string>(type: "TEXT", nullable: true),
                    AskedById = table.Column<Guid>(type: "TEXT", nullable: true),
                    AskedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Status = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    AnswerJson = table.Column<string>(type: "TEXT", nullable: true),
                    Error = table.Column<string>(type: "TEXT", nullable: true),
                    ClaimOwner = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    ClaimFence = table.Column<long>(type: "INTEGER", nullable: false),
                    HeartbeatAt = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PlaygroundQuestions", x => x.Id);
                    table.ForeignKey(
                        name: "FK_PlaygroundQuestions_ModelVersions_ModelVersionId",
                        column: x => x.ModelVersionId,
                        principalTable: "ModelVersions",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_PlaygroundQuestions_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "TaskSignOffs",
                columns: table => new
                {
                    DeploymentId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TaskId = table.Column<Guid>(type: "TEXT", nullable: false),
                    IsAccepted = table.Column<bool>(type: "INTEGER", nullable: false),
                    Reason = table.Column<string>(type: "TEXT", nullable: true),
                    SignedById = table.Column<Guid>(type: "TEXT", nullable: true),
                    SignedByName = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    SignedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TaskSignOffs", x => new { x.DeploymentId, x.TaskId });
                    table.ForeignKey(
                        name: "FK_TaskSignOffs_Deployments_DeploymentId",
                        column: x => x.DeploymentId,
                        principalTable: "Deployments",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_TaskSignOffs_Tasks_TaskId",
                        column: x => x.TaskId,
                        principalTable: "Tasks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "IX_DatasetIntakes_DatasetVersionId",
                table: "DatasetIntakes",
                column: "DatasetVersionId");

            migrationBuilder.CreateIndex(
                name: "IX_DatasetIntakes_Status",
                table: "DatasetIntakes",
                column: "Status");

            migrationBuilder.CreateIndex(
                name: "IX_DatasetIntakes_TaskId_Status",
                table: "DatasetIntakes",
                columns: new[] { "TaskId", "Status" });

            migrationBuilder.CreateIndex(
                name: "IX_DatasetRevisions_BaseVersionId_Status",
                table: "DatasetRevisions",
                columns: new[] { "BaseVersionId", "Status" });

            migrationBuilder.CreateIndex(
                name: "IX_DatasetRevisions_ResultVersionId",
                table: "DatasetRevisions",
                column: "ResultVersionId");

            migrationBuilder.CreateIndex(
                name: "IX_DatasetRevisions_Status",
                table: "DatasetRevisions",
                column: "Status");

            migrationBuilder.CreateIndex(
                name: "IX_DatasetRevisions_TaskId",
                table: "DatasetRevisions",
                column: "TaskId");

            migrationBuilder.CreateIndex(
                name: "IX_LabelSets_TaskId_Number",
                table: "LabelSets",
                columns: new[] { "TaskId", "Number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_PlaygroundQuestions_AskedAt",
                table: "PlaygroundQuestions",
                column: "AskedAt");

            migrationBuilder.CreateIndex(
                name: "IX_PlaygroundQuestions_GroupId",
                table: "PlaygroundQuestions",
                column: "GroupId");

            migrationBuilder.CreateIndex(
                name: "IX_PlaygroundQuestions_ModelVersionId",
                table: "PlaygroundQuestions",
                column: "ModelVersionId");

            migrationBuilder.CreateIndex(
                name: "IX_PlaygroundQuestions_Status",
                table: "PlaygroundQuestions",
                column: "Status");

            migrationBuilder.CreateIndex(
                name: "IX_PlaygroundQuestions_TaskId",
                table: "PlaygroundQuestions",
                column: "TaskId");

            migrationBuilder.CreateIndex(
                name: "IX_TaskSignOffs_TaskId",
                table: "TaskSignOffs",
                column: "TaskId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "DatasetIntakes");

            migrationBuilder.DropTable(
                name: "DatasetRevisions");

            migrationBuilder.DropTable(
                name: "LabelPins");

            migrationBuilder.DropTable(
                name: "LabelSets");

            migrationBuilder.DropTable(
                name: "PlaygroundQuestions");

            migrationBuilder.DropTable(
                name: "TaskSignOffs");
        }
    }
}

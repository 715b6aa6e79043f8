using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class RunForecasts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "ForecastJson",
                table: "Runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "ForecastRequests",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    RunId = table.Column<Guid>(type: "TEXT", nullable: true),
                    RecipeHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    RecipeJson = table.Column<string>(type: "TEXT", nullable: false),
                    BaseModel = table.Column<string>(type: "TEXT", nullable: false),
                    RequestedByName = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Status = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    SampleHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    SampleJson = table.Column<string>(type: "TEXT", nullable: true),
                    ForecastJson = table.Column<string>(type: "TEXT", nullable: true),
                    Error = table.Column<string>(type: "TEXT", nullable: true),
                    ClaimOwner = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    ClaimFence = table.Column<long>(type: "INTEGER", nullable: false),
                    HeartbeatAt = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ForecastRequests", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_ForecastRequests_RecipeHash",
                table: "ForecastRequests",
                column: "RecipeHash");

            migrationBuilder.CreateIndex(
                name: "IX_ForecastRequests_SampleHash",
                table: "ForecastRequests",
                column: "SampleHash");

            migrationBuilder.CreateIndex(
                name: "IX_ForecastRequests_Status",
                table: "ForecastRequests",
                column: "Status");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ForecastRequests");

            migrationBuilder.DropColumn(
                name: "ForecastJson",
                table: "Runs");
        }
    }
}

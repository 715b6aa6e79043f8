using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class EvaluationEvidence : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "PredictionsPath",
                table: "TaskEvaluations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ReportPath",
                table: "TaskEvaluations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ReportSha256",
                table: "TaskEvaluations",
                type: "TEXT",
                maxLength: 64,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "SinglePredictionsPath",
                table: "TaskEvaluations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Temperature",
                table: "TaskEvaluations",
                type: "REAL",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "PredictionsPath",
                table: "TaskEvaluations");

            migrationBuilder.DropColumn(
                name: "ReportPath",
                table: "TaskEvaluations");

            migrationBuilder.DropColumn(
                name: "ReportSha256",
                table: "TaskEvaluations");

            migrationBuilder.DropColumn(
                name: "SinglePredictionsPath",
                table: "TaskEvaluations");

            migrationBuilder.DropColumn(
                name: "Temperature",
                table: "TaskEvaluations");
        }
    }
}

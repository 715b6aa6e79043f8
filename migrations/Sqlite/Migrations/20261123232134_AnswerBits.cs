using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class AnswerBits : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "AnswerBits",
                table: "RunTasks",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "AnswerBits",
                table: "DatasetVersions",
                type: "REAL",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "AnswerBits",
                table: "RunTasks");

            migrationBuilder.DropColumn(
                name: "AnswerBits",
                table: "DatasetVersions");
        }
    }
}

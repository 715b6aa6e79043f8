using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class FileExpiry : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "ExpiresAt",
                table: "Files",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            // Files from before this have their thirty days, too (microseconds).
            migrationBuilder.Sql("UPDATE \"Files\" SET \"ExpiresAt\" = \"CreatedAt\" + 2592000000000;");

            migrationBuilder.AddColumn<int>(
                name: "OutputExpiresAfterSeconds",
                table: "Batches",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Files_ExpiresAt",
                table: "Files",
                column: "ExpiresAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Files_ExpiresAt",
                table: "Files");

            migrationBuilder.DropColumn(
                name: "ExpiresAt",
                table: "Files");

            migrationBuilder.DropColumn(
                name: "OutputExpiresAfterSeconds",
                table: "Batches");
        }
    }
}

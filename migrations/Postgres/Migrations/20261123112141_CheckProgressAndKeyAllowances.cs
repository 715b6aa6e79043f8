using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Platform.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class CheckProgressAndKeyAllowances : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "RowsChecked",
                table: "DatasetVersions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateTable(
                name: "KeyAllowances",
                columns: table => new
                {
                    KeyId = table.Column<Guid>(type: "uuid", nullable: false),
                    Unit = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    LeftNanoseconds = table.Column<long>(type: "bigint", nullable: false),
                    UpdatedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_KeyAllowances", x => new { x.KeyId, x.Unit });
                    table.ForeignKey(
                        name: "FK_KeyAllowances_ApiKeys_KeyId",
                        column: x => x.KeyId,
                        principalTable: "ApiKeys",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            // What was checked before was read to its end.
            migrationBuilder.Sql("""UPDATE "DatasetVersions" SET "RowsChecked" = "TrainRows" + "ValidationRows" + "TestRows" WHERE "CheckedAt" IS NOT NULL""");

            // A count of the last minute is not worth a wait for the disk.
            migrationBuilder.Sql("""ALTER TABLE "KeyAllowances" SET UNLOGGED""");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "KeyAllowances");

            migrationBuilder.DropColumn(
                name: "RowsChecked",
                table: "DatasetVersions");
        }
    }
}

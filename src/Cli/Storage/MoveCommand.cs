using System.CommandLine;
using System.Globalization;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Persistence.Moves;
using Spectre.Console;

namespace Platform.Cli.Storage;

internal static class MoveCommand
{
    public static Command Create()
    {
        var to = new Option<string>("--to")
        {
            Description = "The empty PostgreSQL database that takes everything over, such as \"Host=db;Database=platform;Username=platform\"; it is made if there is none. Leave the password to PGPASSWORD or Passfile=..., so that no list of processes shows it",
            HelpName = "CONNECTION",
            Required = true,
        };
        var command = new Command(
            "move",
            """
            Carry the installation in the data folder from SQLite over to PostgreSQL: every table, every row, read back and compared.
            Stop the platform first. All happens in one transaction: interrupted at any moment, the target is as empty as before, and you begin again.
            The SQLite file is only read. Artifacts and keys stay in the data folder, which the platform goes on using.
            """)
        {
            to,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            IReadOnlyList<MovedTable> tables;
            await using (var session = await PlatformSession.OpenAsync(parsed, cancellationToken))
                tables = (await session.Get<DatabaseMove>().RunAsync(parsed.GetRequiredValue(to), Progress(output), cancellationToken)).OrFail();
            output.Result(new { tables, rows = tables.Sum(table => table.Rows) }, () => Show(output, tables));
        });
        return command;
    }

    /// <summary>A line for every table that has rows, and now and then one for a long table.</summary>
    private static LineProgress? Progress(Output output) => output.IsJson ? null : new LineProgress(output.Errors);

    private static void Show(Output output, IReadOnlyList<MovedTable> tables)
    {
        var table = new Table().AddColumns("table", "rows", "digest of the contents, the same on both sides");
        table.Columns[1].RightAligned();
        foreach (var moved in tables)
            table.AddRow(moved.Name, moved.Rows.ToString("N0", CultureInfo.InvariantCulture), moved.Rows == 0 ? "" : moved.Digest);
        output.Console.Write(table);
        output.Line($"{tables.Sum(moved => moved.Rows).ToString("N0", CultureInfo.InvariantCulture)} rows in {tables.Count} tables were moved and compared.");
        output.Line("From now on start the platform with Database__Provider=Postgres, Database__ConnectionString=... and the same data folder.");
        output.Line("The SQLite file is as it was. Put it away when you are content; a platform that is started on it goes its own way.");
    }

    /// <summary>In order: reports are written where they are made, not later on another thread.</summary>
    private sealed class LineProgress(TextWriter writer) : IProgress<MoveProgress>
    {
        public void Report(MoveProgress value)
        {
            if (value.TotalRows > 0)
                writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{value.Table}: {value.Rows:N0} of {value.TotalRows:N0} rows {(value.IsChecking ? "compared" : "sent")}"));
        }
    }
}

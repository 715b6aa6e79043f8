using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Persistence.Backups;

namespace Platform.Cli.Storage;

internal static class RestoreCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("backup") { Description = "One backup: a folder that 'backup' named" };
        var command = new Command(
            "restore",
            """
            Put a backup into an empty database and the data folder, checked: the database's copy and every artifact by their hashes. It never writes over a database.
            Broken off, it is called again. Start the platform afterwards: it brings the tables up to date. Runs and uploads that were under way begin again.
            """)
        {
            folder,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var services = PlatformSession.Services(parsed);
            var manifest = (await services.GetRequiredService<InstallationBackup>().RestoreAsync(parsed.GetRequiredValue(folder), StorageProgress.To(output), cancellationToken)).OrFail();
            output.Result(
                new { manifest.At, manifest.Provider, manifest.Migration, files = manifest.Files.Count },
                () => output.Line(string.Create(CultureInfo.InvariantCulture, $"Restored as it was at {manifest.At:yyyy-MM-dd HH:mm:ss} UTC, with {manifest.Files.Count:N0} files. Start the platform when you are ready.")));
        });
        return command;
    }
}

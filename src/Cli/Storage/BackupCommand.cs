using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Persistence.Backups;

namespace Platform.Cli.Storage;

internal static class BackupCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "Where backups are kept. Each is a folder of its own in it, named by its time; they share the files that do not change, so that the next backup copies what is new" };
        var command = new Command(
            "backup",
            """
            Copy the whole installation, database, artifacts, files of batches and keys, while it runs.
            PostgreSQL is copied by its own pg_dump, which has to be installed. Whoever can read the backup can read the platform's secrets: the folder is for its owner only.
            """)
        {
            folder,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var services = PlatformSession.Services(parsed);
            var report = (await services.GetRequiredService<InstallationBackup>().WriteAsync(parsed.GetRequiredValue(folder), StorageProgress.To(output), cancellationToken)).OrFail();
            output.Result(
                new { report.Folder, report.Manifest.At, report.Manifest.Provider, database_bytes = report.Manifest.DatabaseBytes, files = report.Manifest.Files.Count, copied_bytes = report.CopiedBytes },
                () =>
                {
                    output.Line(string.Create(CultureInfo.InvariantCulture, $"The database ({report.Manifest.DatabaseBytes:N0} bytes) and {report.Manifest.Files.Count:N0} files are in {report.Folder}; {report.CopiedBytes:N0} bytes of files were new."));
                    output.Line($"Put it back with: platform restore {report.Folder}");
                });
        });
        return command;
    }
}

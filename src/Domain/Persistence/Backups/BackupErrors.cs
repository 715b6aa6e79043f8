using Platform.Domain.Results;

namespace Platform.Domain.Persistence.Backups;

public static class BackupErrors
{
    public const string TargetNotEmptyCode = "target_not_empty";
    public const string DamagedCode = "backup_damaged";

    public static Error NoDatabase(string file) => Error.NotFound(
        "source_absent", $"There is no database at '{file}'. Name the data folder of the installation with --data, or set Database__ConnectionString as the platform has it.");

    public static Error ToolAbsent(string program) => Error.Invalid(
        "tool_absent", $"The program {program} was not found on the PATH nor in /usr/lib/postgresql. Install PostgreSQL's client programs (Debian: apt-get install postgresql-client) in the server's version or a newer one.");

    public static Error ToolFailed(string program, string message) => Error.Conflict("tool_failed", $"{program} failed, and nothing that it wrote is used: {message}");

    public static Error Exists(string folder) => Error.Conflict("backup_exists", $"There is a backup at '{folder}' already, of this very second. Try again in a moment.");

    public static Error NoBackup(string folder) => Error.NotFound(
        "backup_absent", $"'{folder}' is no whole backup: it has no {BackupManifest.FileName}, which is written last. Give one of the folders that 'backup' made and named; one without that file was broken off.");

    public static Error FormatUnknown(int format) => Error.Invalid(
        "backup_format", $"The backup has the format {format}, and this build reads {BackupManifest.CurrentFormat}. Restore it with the build that made it, or a newer one.");

    public static Error ProviderDiffers(string backup, string settings) => Error.Conflict(
        "provider_differs", $"The backup is of a platform on {backup}, and Database__Provider says {settings}. Restore it as it was; 'platform move' carries an installation from Sqlite to Postgres.");

    public static Error TargetNotEmpty(string target) => Error.Conflict(
        TargetNotEmptyCode, $"There is a database at {target} already, and a restore never writes over one. Give another data folder or database, or put the old one away first.");

    public static Error Damaged(string file, string problem) => Error.Conflict(
        DamagedCode, $"'{file}' of the backup {problem}. Nothing was put into the database; take another backup, or another copy of this one.");
}

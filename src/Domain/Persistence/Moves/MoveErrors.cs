using Platform.Domain.Results;

namespace Platform.Domain.Persistence.Moves;

public static class MoveErrors
{
    public const string RunningCode = "platform_running";
    public const string TargetNotEmptyCode = "target_not_empty";
    public const string DifferentCode = "target_different";

    public static Error NotSqlite() => Error.Invalid(
        "provider_not_sqlite", "A move begins at SQLite, and Database__Provider says otherwise. Run it with the settings that the platform ran with so far.");

    public static Error NoSource(string file) => Error.NotFound(
        "source_absent", $"There is no database at '{file}'. Name the data folder of the installation with --data, or set Database__ConnectionString as it was.");

    public static Error TargetUnfit(string problem) => Error.Invalid("target_unfit", problem);

    public static Error Running(string file) => Error.Conflict(
        RunningCode, $"'{file}' is in use: the platform, or a program that looks into the file, is running. Stop Portal, Api and Jobs, and try again; nothing was moved.");

    public static Error TargetNotEmpty(string table) => Error.Conflict(
        TargetNotEmptyCode, $"The target holds data already (its table {table} has rows). Give an empty database; nothing was moved. After a move that was interrupted the target is empty.");

    public static Error TargetRefused(string table, string message) => Error.Conflict(
        "target_refused", $"The target refused rows of {table}: {message} Nothing was moved. Mend the row in the source, and try again.");

    public static Error Different(string table, long sent, long found) => Error.Conflict(
        DifferentCode, $"What the target holds of {table} is not what was sent ({sent} rows sent, {found} rows found, or their contents differ). Nothing was moved; please report this.");
}

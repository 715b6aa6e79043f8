using Microsoft.Data.Sqlite;
using Platform.Domain.Results;

namespace Platform.Domain.Artifacts;

public static class StorageErrors
{
    public const string DiskFullCode = "disk_full";
    public const string AbsentCode = "artifact_absent";
    public const string DamagedCode = "artifact_damaged";

    // The operating system's own numbers: ENOSPC and EDQUOT on Unix, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL on Windows.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>SQLite's own code for the same thing.</summary>
    private const int SqliteFull = 13;

    /// <summary>Looks through wrapping exceptions, those of the database among them.</summary>
    public static bool IsDiskFull(Exception exception) => exception switch
    {
        IOException io => io.HResult is NoSpace or QuotaExceeded or WindowsDiskFull or WindowsHandleDiskFull,
        SqliteException sqlite => sqlite.SqliteErrorCode == SqliteFull,
        _ => exception.InnerException is { } inner && IsDiskFull(inner),
    };

    /// <param name="neededBytes">What the write wanted, where that is known.</param>
    public static Error DiskFull(string folder, long? neededBytes)
    {
        var free = FreeBytes(folder);
        var need = neededBytes is { } bytes ? $" {Size(bytes)} are needed," : "";
        var have = free is { } left ? $" {Size(left)} are free" : " no more is free";
        return Error.Storage(DiskFullCode, $"The disk that holds '{folder}' is full:{need}{have}. Free some space there, or set Platform__DataPath to a larger disk, and try again; what was stored before is untouched.");
    }

    public static Error Damaged(string artifactPath, string expected, string actual) => Error.Storage(
        DamagedCode, $"The artifact '{artifactPath}' was changed or damaged: its SHA-256 is {actual}, not {expected}. Restore it from a backup, or make it again.");

    public static Error Absent(string artifactPath) => Error.Storage(
        AbsentCode, $"The artifact '{artifactPath}' is not in the store. Restore it from a backup, or make it again.");

    private static long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Only for the message: the error itself stands without it.
            return null;
        }
    }

    private static string Size(long bytes) => bytes >= 1 << 20 ? $"{bytes / (double)(1 << 20):0.#} MiB" : $"{bytes} bytes";
}

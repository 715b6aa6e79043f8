namespace Platform.Domain.Persistence.Backups;

/// <param name="Path">Inside the data folder, with slashes, such as <c>artifacts/models/1f2e.../model.safetensors</c>.</param>
/// <param name="Bytes">Its length.</param>
public sealed record BackupFile(string Path, long Bytes);

/// <summary>What a backup holds. Written last: a folder without it is a backup that was broken off.</summary>
/// <param name="Format">Of this document.</param>
/// <param name="At">When the database was copied.</param>
/// <param name="Provider">Sqlite or Postgres.</param>
/// <param name="Migration">The newest migration that was applied.</param>
/// <param name="Database">Name of the database's copy, beside this document.</param>
/// <param name="DatabaseBytes">Its length.</param>
/// <param name="DatabaseSha256">Its hash, lower-case hex.</param>
/// <param name="Files">Of the data folder.</param>
public sealed record BackupManifest(
    int Format, DateTimeOffset At, string Provider, string Migration, string Database, long DatabaseBytes, string DatabaseSha256, IReadOnlyList<BackupFile> Files)
{
    public const int CurrentFormat = 1;

    public const string FileName = "manifest.json";
}

/// <param name="Folder">The backup: what <c>restore</c> is given.</param>
/// <param name="Manifest">What it holds.</param>
/// <param name="CopiedBytes">Of the data folder's files, those that the backups' folder did not hold already.</param>
public sealed record BackupReport(string Folder, BackupManifest Manifest, long CopiedBytes);

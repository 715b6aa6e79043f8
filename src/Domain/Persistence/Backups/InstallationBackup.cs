using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Setup;

namespace Platform.Domain.Persistence.Backups;

/// <summary>
/// Copies a whole installation, while it runs, and puts a copy back. First the database, as it is at one moment, then the files: what the
/// database names was there before, and artifacts never change. Backups in one folder share their files, so that the next one copies what is new.
/// </summary>
public sealed class InstallationBackup(
    IDbContextFactory<PlatformDbContext> contexts, ArtifactStore artifacts, IOptions<DatabaseOptions> database, IOptions<PlatformOptions> platform, TimeProvider clock)
{
    /// <summary>Beside the backups, for all of them.</summary>
    private const string SharedFolder = "data";

    // Hangfire's rows say nothing that ours do not, and its own tables are made when a host starts.
    private static readonly string[] DumpArguments = ["--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=hangfire"];
    private static readonly string[] RestoreArguments = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private bool IsPostgres => database.Value.Provider == DatabaseOptions.Postgres;

    /// <param name="backups">Folder of the backups; it is made if there is none.</param>
    /// <param name="progress">Hears a sentence for each part.</param>
    /// <param name="cancellationToken">Breaks it off; a folder without manifest is left.</param>
    /// <returns>Where it is and what it holds, or why there is none.</returns>
    public async Task<Result<BackupReport>> WriteAsync(string backups, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!IsPostgres && !File.Exists(context.Database.GetDbConnection().DataSource))
            return BackupErrors.NoDatabase(context.Database.GetDbConnection().DataSource);
        var at = clock.GetUtcNow();
        var folder = Path.Combine(Path.GetFullPath(backups), at.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
        if (Directory.Exists(folder))
            return BackupErrors.Exists(folder);
        try
        {
            DataFiles.CreateFolder(folder);
            progress?.Report("Copying the database ...");
            var copy = Path.Combine(folder, IsPostgres ? "database.dump" : "database.db");
            var copied = await CopyDatabaseAsync(context, copy, cancellationToken);
            if (copied.IsFailure)
                return Result.Failure<BackupReport>(copied.Errors);

            var files = DataFiles.In(platform.Value, withArtifacts: !artifacts.IsRemote);
            progress?.Report(string.Create(CultureInfo.InvariantCulture, $"Copying {files.Count:N0} files of the data folder, {files.Sum(file => file.Bytes):N0} bytes, as far as they are not there ..."));
            var bytes = 0L;
            foreach (var file in files)
                bytes += await DataFiles.CopyAsync(file, platform.Value.DataFolder, SharedBy(folder), cancellationToken);

            var migrations = await context.Database.GetAppliedMigrationsAsync(cancellationToken);
            var manifest = new BackupManifest(
                BackupManifest.CurrentFormat, at, database.Value.Provider, migrations.LastOrDefault() ?? "", Path.GetFileName(copy), new FileInfo(copy).Length, await HashAsync(copy, cancellationToken), files);
            await WriteManifestAsync(folder, manifest, cancellationToken);
            return new BackupReport(folder, manifest, bytes);
        }
        catch (Exception exception) when (StorageErrors.IsDiskFull(exception))
        {
            return StorageErrors.DiskFull(backups, null);
        }
    }

    /// <summary>Puts a backup into an empty database and the data folder. The database comes last: a restore that is broken off is called again.</summary>
    /// <param name="folder">The backup.</param>
    /// <param name="progress">Hears a sentence for each part.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <returns>What it held, or why it was not restored.</returns>
    public async Task<Result<BackupManifest>> RestoreAsync(string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        folder = Path.GetFullPath(folder);
        var read = await ReadAsync(folder, cancellationToken);
        if (read.IsFailure)
            return read;
        var manifest = read.Value;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await TargetProblemAsync(context, cancellationToken) is { } taken)
            return taken;
        try
        {
            progress?.Report(string.Create(CultureInfo.InvariantCulture, $"Copying {manifest.Files.Count:N0} files, {manifest.Files.Sum(file => file.Bytes):N0} bytes ..."));
            foreach (var file in manifest.Files)
                await DataFiles.CopyAsync(file, SharedBy(folder), platform.Value.DataFolder, cancellationToken);
            progress?.Report("Reading the artifacts again ...");
            if (await DamagedArtifactAsync(manifest, cancellationToken) is { } damaged)
                return damaged;
            progress?.Report("Restoring the database ...");
            var restored = await RestoreDatabaseAsync(context, Path.Combine(folder, manifest.Database), cancellationToken);
            return restored.IsSuccess ? manifest : Result.Failure<BackupManifest>(restored.Errors);
        }
        catch (Exception exception) when (StorageErrors.IsDiskFull(exception))
        {
            return StorageErrors.DiskFull(platform.Value.DataFolder, manifest.Files.Sum(file => file.Bytes));
        }
    }

    private static string SharedBy(string folder) => Path.Combine(Path.GetDirectoryName(folder)!, SharedFolder);

    private async Task<Result> CopyDatabaseAsync(PlatformDbContext context, string copy, CancellationToken cancellationToken)
    {
        if (IsPostgres)
            return await PostgresPrograms.RunAsync("pg_dump", context.Database.GetConnectionString()!, [.. DumpArguments, $"--file={copy}"], cancellationToken);
        await context.Database.ExecuteSqlAsync($"VACUUM INTO {copy}", cancellationToken);
        return Result.Success();
    }

    private async Task<Result> RestoreDatabaseAsync(PlatformDbContext context, string copy, CancellationToken cancellationToken)
    {
        var connection = context.Database.GetConnectionString()!;
        if (IsPostgres)
            return await PostgresPrograms.RunAsync("pg_restore", connection, [.. RestoreArguments, $"--dbname={context.Database.GetDbConnection().Database}", copy], cancellationToken);

        var target = context.Database.GetDbConnection().DataSource;
        var part = target + ".restoring";
        File.Copy(copy, part, overwrite: true);
        await using (var file = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = part, Pooling = false }.ConnectionString))
        {
            // What the hosts need, and what the copy's header does not say.
            await file.OpenAsync(cancellationToken);
            await using var command = file.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL;";
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        File.Move(part, target);
        DurableFolder.Flush(Path.GetDirectoryName(target)!);
        return Result.Success();
    }

    private async Task<Error?> TargetProblemAsync(PlatformDbContext context, CancellationToken cancellationToken)
    {
        if (!IsPostgres)
        {
            var file = context.Database.GetDbConnection().DataSource;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            return File.Exists(file) ? BackupErrors.TargetNotEmpty($"'{file}'") : null;
        }

        var creator = (IRelationalDatabaseCreator)context.GetService<IDatabaseCreator>();
        if (!await creator.ExistsAsync(cancellationToken))
            await creator.CreateAsync(cancellationToken);
        return await creator.HasTablesAsync(cancellationToken) ? BackupErrors.TargetNotEmpty($"PostgreSQL, database '{context.Database.GetDbConnection().Database}'") : null;
    }

    private async Task<Result<BackupManifest>> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, BackupManifest.FileName);
        if (!File.Exists(file))
            return BackupErrors.NoBackup(folder);
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(await File.ReadAllBytesAsync(file, cancellationToken), Json);
        }
        catch (JsonException)
        {
            manifest = null;
        }

        if (manifest is not { Database: not null, Files: not null } || Path.GetFileName(manifest.Database) != manifest.Database || manifest.Files.Any(one => !IsInside(one.Path)))
            return BackupErrors.Damaged(BackupManifest.FileName, "cannot be read");
        if (manifest.Format != BackupManifest.CurrentFormat)
            return BackupErrors.FormatUnknown(manifest.Format);
        if (manifest.Provider != database.Value.Provider)
            return BackupErrors.ProviderDiffers(manifest.Provider, database.Value.Provider);
        if (await ProblemOfAsync(Path.Combine(folder, manifest.Database), manifest, cancellationToken) is { } problem)
            return BackupErrors.Damaged(manifest.Database, problem);
        foreach (var one in manifest.Files)
            if (new FileInfo(Path.Combine(SharedBy(folder), one.Path)) is var there && (!there.Exists || there.Length != one.Bytes))
                return BackupErrors.Damaged(one.Path, there.Exists ? string.Create(CultureInfo.InvariantCulture, $"has {there.Length} bytes instead of {one.Bytes}") : "is missing");
        return manifest;
    }

    private static async Task<string?> ProblemOfAsync(string copy, BackupManifest manifest, CancellationToken cancellationToken) =>
        !File.Exists(copy) ? "is missing"
        : await HashAsync(copy, cancellationToken) != manifest.DatabaseSha256 ? "was changed: its SHA-256 is not the manifest's" : null;

    /// <summary>A manifest that was made by hand does not write outside the data folder.</summary>
    private static bool IsInside(string path) => !Path.IsPathRooted(path) && !path.Split('/', '\\').Contains("..");

    /// <summary>Artifacts are named by their content.</summary>
    private async Task<Error?> DamagedArtifactAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        var folders = manifest.Files.Select(file => file.Path.Split('/')).Where(parts => parts is [DataFiles.Artifacts, _, { Length: 64 }, _, ..]).Select(parts => (Category: parts[1], Sha256: parts[2])).Distinct();
        foreach (var (category, sha256) in folders)
        {
            var path = $"{category}/{sha256}";
            if (await artifacts.VerifyAsync(path, sha256, cancellationToken) is not { IsFailure: true })
                continue;
            // So that the next try, from a sound copy, brings it again.
            Directory.Delete(artifacts.FullPath(path), recursive: true);
            return BackupErrors.Damaged($"{DataFiles.Artifacts}/{path}", "was changed: its content is not what its name says");
        }

        return null;
    }

    private static async Task WriteManifestAsync(string folder, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, BackupManifest.FileName);
        await using (var stream = new FileStream(file + ".part", FileMode.Create))
        {
            await JsonSerializer.SerializeAsync(stream, manifest, Json, cancellationToken);
            stream.Flush(flushToDisk: true);
        }

        File.Move(file + ".part", file);
        DurableFolder.Flush(folder);
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }
}

using Platform.Domain.Setup;

namespace Platform.Domain.Persistence.Backups;

/// <summary>
/// The data folder's files that a backup has: artifacts, files of batches, and the keys that protect secrets in the database. Not those of
/// runs and uploads that are under way: they begin again.
/// </summary>
internal static class DataFiles
{
    public const string Artifacts = "artifacts";
    public const string Keys = "keys";

    private const string Part = ".part";

    private static readonly string[] Folders = [Artifacts, "files", Keys];

    /// <summary>In an order that does not change.</summary>
    /// <param name="options">Names the folder.</param>
    /// <param name="withArtifacts">False where a bucket has them and the folder only what this host used lately.</param>
    public static List<BackupFile> In(PlatformOptions options, bool withArtifacts) =>
    [
        .. Folders.Where(folder => withArtifacts || folder != Artifacts).Select(folder => new DirectoryInfo(Path.Combine(options.DataFolder, folder))).Where(folder => folder.Exists)
            .SelectMany(folder => folder.EnumerateFiles("*", SearchOption.AllDirectories))
            .Select(file => new BackupFile(Path.GetRelativePath(options.DataFolder, file.FullName).Replace('\\', '/'), file.Length))
            .Where(file => !IsUnfinished(file.Path)).OrderBy(file => file.Path, StringComparer.Ordinal),
    ];

    /// <summary>Copies under a temporary name, flushes and renames: what has the name is whole.</summary>
    /// <returns>Bytes that were copied; 0 when a file of that length is there already and files of its kind never change.</returns>
    public static async Task<long> CopyAsync(BackupFile file, string from, string to, CancellationToken cancellationToken)
    {
        var (source, target) = (Path.Combine(from, file.Path), Path.Combine(to, file.Path));
        if (!file.Path.StartsWith(Keys + "/", StringComparison.Ordinal) && new FileInfo(target) is { Exists: true } there && there.Length == file.Bytes)
            return 0;
        CreateFolder(Path.GetDirectoryName(target)!);
        await using (var read = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, useAsync: true))
        await using (var write = new FileStream(target + Part, Options()))
        {
            await read.CopyToAsync(write, cancellationToken);
            write.Flush(flushToDisk: true);
        }

        File.Move(target + Part, target, overwrite: true);
        return file.Bytes;
    }

    /// <summary>Only its owner may look into it: there are secrets in databases and keys.</summary>
    public static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // What the store has not finished lies in folders that begin with a dot.
    private static bool IsUnfinished(string path) => path.EndsWith(Part, StringComparison.Ordinal) || path.StartsWith($"{Artifacts}/.", StringComparison.Ordinal);

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 16, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}

using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Platform.Domain.Results;
using Platform.Domain.Setup;

namespace Platform.Domain.Artifacts;

/// <param name="Path">Inside the store, such as <c>datasets/1f2e...</c>; what the database keeps.</param>
/// <param name="Sha256">Over the names and contents of all files, lower-case hex.</param>
public sealed record StoredArtifact(string Path, string Sha256, long SizeBytes);

/// <summary>
/// Folders of files that never change once they are in, each named by its content. A folder is written under a temporary name,
/// flushed to disk and renamed: a reader sees all of it or nothing, whatever dies in between.
/// </summary>
public sealed class ArtifactStore(IOptions<PlatformOptions> options)
{
    public const string Datasets = "datasets";
    public const string Models = "models";
    public const string Predictions = "predictions";
    public const string Probes = "probes";
    public const string Reports = "reports";

    private const string StagingFolder = ".staging";

    public string Root => options.Value.ArtifactsFolder;

    /// <summary>The place on disk of a path that the database keeps.</summary>
    public string FullPath(string artifactPath)
    {
        var full = Path.GetFullPath(Path.Combine(Root, artifactPath));
        return full.StartsWith(Root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new ArgumentException($"The artifact path '{artifactPath}' leaves the store.", nameof(artifactPath));
    }

    /// <summary>A new folder to write into. Disposing it without a commit removes it.</summary>
    /// <param name="category">Such as <see cref="Models"/>.</param>
    public ArtifactStaging Stage(string category)
    {
        var folder = Path.Combine(Root, StagingFolder, Guid.CreateVersion7().ToString("N"));
        Directory.CreateDirectory(folder);
        return new ArtifactStaging(this, category, folder);
    }

    /// <summary>Reads every byte again and compares the content address.</summary>
    public async Task<Result> VerifyAsync(string artifactPath, string sha256, CancellationToken cancellationToken)
    {
        var folder = FullPath(artifactPath);
        if (!Directory.Exists(folder))
            return StorageErrors.Absent(artifactPath);
        var (actual, _) = await HashAsync(folder, flush: false, cancellationToken);
        return string.Equals(actual, sha256, StringComparison.Ordinal) ? Result.Success() : StorageErrors.Damaged(artifactPath, sha256, actual);
    }

    /// <summary>Removes what dead processes left half written.</summary>
    /// <returns>How many folders went.</returns>
    public int RemoveAbandoned(DateTimeOffset writtenBefore)
    {
        var staging = new DirectoryInfo(Path.Combine(Root, StagingFolder));
        if (!staging.Exists)
            return 0;
        var abandoned = staging.GetDirectories().Where(folder => LastWrite(folder) < writtenBefore.UtcDateTime).ToList();
        foreach (var folder in abandoned)
            folder.Delete(recursive: true);
        return abandoned.Count;
    }

    internal async Task<Result<StoredArtifact>> CommitAsync(ArtifactStaging staging, CancellationToken cancellationToken)
    {
        try
        {
            var (sha256, size) = await HashAsync(staging.Folder, flush: true, cancellationToken);
            var category = Path.Combine(Root, staging.Category);
            var target = Path.Combine(category, sha256);
            Directory.CreateDirectory(category);
            Move(staging.Folder, target);
            DurableFolder.Flush(category);
            return new StoredArtifact($"{staging.Category}/{sha256}", sha256, size);
        }
        catch (IOException exception) when (StorageErrors.IsDiskFull(exception))
        {
            return StorageErrors.DiskFull(Root, null);
        }
    }

    /// <summary>The same content may be there already, or come from another process at the same moment: then that one stays.</summary>
    private static void Move(string source, string target)
    {
        if (Directory.Exists(target))
            return;
        try
        {
            Directory.Move(source, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
        }
    }

    private static async Task<(string Sha256, long SizeBytes)> HashAsync(string folder, bool flush, CancellationToken cancellationToken)
    {
        using var total = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Full: file, Name: Path.GetRelativePath(folder, file).Replace('\\', '/')))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        foreach (var (full, name) in files)
        {
            await using var stream = new FileStream(full, FileMode.Open, flush ? FileAccess.ReadWrite : FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            total.AppendData(Encoding.UTF8.GetBytes($"{name}\n{stream.Length}\n{hash}\n"));
            size += stream.Length;
            if (flush)
                stream.Flush(flushToDisk: true);
        }

        if (flush)
            DurableFolder.Flush(folder);
        return (Convert.ToHexStringLower(total.GetHashAndReset()), size);
    }

    private static DateTime LastWrite(DirectoryInfo folder) =>
        folder.GetFiles("*", SearchOption.AllDirectories).Select(file => file.LastWriteTimeUtc).Append(folder.LastWriteTimeUtc).Max();
}

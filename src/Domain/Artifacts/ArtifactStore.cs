using Microsoft.Extensions.Options;
using Platform.Domain.Results;
using Platform.Domain.Setup;

namespace Platform.Domain.Artifacts;

/// <param name="Path">Inside the store, such as <c>datasets/1f2e...</c>; what the database keeps.</param>
/// <param name="Sha256">Over the names and contents of all files, lower-case hex.</param>
public sealed record StoredArtifact(string Path, string Sha256, long SizeBytes);

/// <summary>
/// Folders of files that never change once they are in, each named by its content. A folder is written under a temporary name,
/// flushed to disk and renamed: a reader sees all of it or nothing, whatever dies in between. With an S3-compatible store, that one
/// has all artifacts and the folder those that this host has used lately.
/// </summary>
public sealed class ArtifactStore : IDisposable
{
    public const string Datasets = "datasets";
    public const string Models = "models";
    public const string Outside = "outside";
    public const string Predictions = "predictions";
    public const string Probes = "probes";
    public const string Reports = "reports";
    public const string RowIndexes = "row-indexes";
    public const string Uploads = "uploads";

    private readonly PlatformOptions platform;
    private readonly ArtifactBucket? bucket;
    private readonly ArtifactCache? cache;
    private readonly TimeProvider clock;

    public ArtifactStore(IOptions<PlatformOptions> platform, IOptions<ArtifactOptions> options, TimeProvider clock)
    {
        (this.platform, this.clock) = (platform.Value, clock);
        if (!options.Value.IsRemote)
            return;
        bucket = new ArtifactBucket(options.Value, PartsFolder);
        cache = new ArtifactCache(Root, bucket, options.Value, clock);
    }

    public string Root => platform.ArtifactsFolder;

    private string PartsFolder => Path.Combine(Root, ".parts");

    /// <summary>Whether artifacts come and go through a bucket, so that what a host wants to share has to be one.</summary>
    public bool IsRemote => bucket is not null;

    /// <summary>The place on disk of a path that the database keeps. Whether it is there, and stays, says <see cref="OpenAsync"/>.</summary>
    public string FullPath(string artifactPath)
    {
        var full = Path.GetFullPath(Path.Combine(Root, artifactPath));
        return full.StartsWith(Root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new ArgumentException($"The artifact path '{artifactPath}' leaves the store.", nameof(artifactPath));
    }

    /// <summary>An artifact's files on this host, fetched first where they are not here. Dispose it when they are read.</summary>
    public async Task<Result<ArtifactFolder>> OpenAsync(string artifactPath, CancellationToken cancellationToken)
    {
        var full = FullPath(artifactPath);
        var held = cache is null ? null : await cache.HoldAsync(artifactPath, cancellationToken);
        var here = Directory.Exists(full) ? Result.Success()
            : cache is null ? StorageErrors.Absent(artifactPath)
            : await cache.FetchAsync(artifactPath, cancellationToken);
        if (here.IsSuccess)
            return new ArtifactFolder(full, held);
        held?.Dispose();
        return Result.Failure<ArtifactFolder>(here.Errors);
    }

    /// <summary>A new folder to write into. Disposing it without a commit removes it.</summary>
    /// <param name="category">Such as <see cref="Models"/>.</param>
    public ArtifactStaging Stage(string category)
    {
        var folder = Path.Combine(Root, ArtifactFolders.Staging, Guid.CreateVersion7().ToString("N"));
        Directory.CreateDirectory(folder);
        return new ArtifactStaging(this, category, folder);
    }

    /// <summary>Reads every byte again and compares the content address. Where a bucket has it too, damage on this host mends itself.</summary>
    public async Task<Result> VerifyAsync(string artifactPath, string sha256, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(artifactPath, cancellationToken);
        if (opened.IsFailure)
            return opened;
        string actual;
        using (opened.Value)
            actual = (await ArtifactManifest.OfAsync(opened.Value.Path, flush: false, cancellationToken)).Sha256;
        if (actual == sha256)
            return Result.Success();
        if (cache is null || !artifactPath.EndsWith($"/{sha256}", StringComparison.Ordinal))
            return StorageErrors.Damaged(artifactPath, sha256, actual);

        // What is fetched is compared with its manifest, which the path names.
        await SetAsideAsync(artifactPath, sha256, cancellationToken);
        var again = await OpenAsync(artifactPath, cancellationToken);
        if (again.IsSuccess)
            again.Value.Dispose();
        return again;
    }

    /// <summary>Removes what dead processes left half written or half sent.</summary>
    /// <returns>How many folders went.</returns>
    public int RemoveAbandoned(DateTimeOffset writtenBefore)
    {
        var parts = new DirectoryInfo(PartsFolder);
        foreach (var record in parts.Exists ? parts.GetFiles() : [])
            if (record.LastWriteTimeUtc < writtenBefore.UtcDateTime)
                record.Delete();
        var staging = new DirectoryInfo(Path.Combine(Root, ArtifactFolders.Staging));
        if (!staging.Exists)
            return 0;
        var abandoned = staging.GetDirectories().Where(folder => LastWrite(folder) < writtenBefore.UtcDateTime).ToList();
        foreach (var folder in abandoned)
            folder.Delete(recursive: true);
        return abandoned.Count;
    }

    public void Dispose() => bucket?.Dispose();

    /// <summary>All artifacts of the store, whole or not, with when each was added last.</summary>
    internal async Task<Result<IReadOnlyDictionary<string, DateTimeOffset>>> ListAsync(CancellationToken cancellationToken) => bucket is null
        ? ArtifactFolders.In(Root).ToDictionary(path => path, path => new DateTimeOffset(Directory.GetLastWriteTimeUtc(FullPath(path))))
        : await bucket.TryAsync<IReadOnlyDictionary<string, DateTimeOffset>>(async () => Result.Success(await bucket.ArtifactsAsync(cancellationToken)), cancellationToken);

    /// <returns>Whether it went; not when somebody has added it again meanwhile.</returns>
    internal async Task<Result<bool>> RemoveAsync(string artifactPath, DateTimeOffset addedBefore, CancellationToken cancellationToken)
    {
        if (bucket is not null)
            return await bucket.TryAsync<bool>(async () => await bucket.RemoveAsync(artifactPath, addedBefore, cancellationToken), cancellationToken);
        if (!Directory.Exists(FullPath(artifactPath)) || Directory.GetLastWriteTimeUtc(FullPath(artifactPath)) >= addedBefore.UtcDateTime)
            return false;
        ArtifactFolders.Remove(Root, artifactPath);
        return true;
    }

    /// <summary>Sends what this host's folder has, if it is whole.</summary>
    internal async Task<Result> PushAsync(string artifactPath, CancellationToken cancellationToken)
    {
        await using var held = cache is null ? null : await cache.HoldAsync(artifactPath, cancellationToken);
        var manifest = await ArtifactManifest.OfAsync(FullPath(artifactPath), flush: false, cancellationToken);
        return artifactPath.EndsWith($"/{manifest.Sha256}", StringComparison.Ordinal)
            ? await SendAsync(artifactPath, manifest, cancellationToken)
            : StorageErrors.Damaged(artifactPath, artifactPath[(artifactPath.IndexOf('/', StringComparison.Ordinal) + 1)..], manifest.Sha256);
    }

    internal async Task<Result<StoredArtifact>> CommitAsync(ArtifactStaging staging, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = await ArtifactManifest.OfAsync(staging.Folder, flush: true, cancellationToken);
            var path = $"{staging.Category}/{manifest.Sha256}";
            await using var held = cache is null ? null : await cache.HoldAsync(path, cancellationToken);
            await MoveAsync(staging.Folder, path, manifest.Sha256, cancellationToken);
            var sent = await SendAsync(path, manifest, cancellationToken);
            return sent.IsSuccess ? new StoredArtifact(path, manifest.Sha256, manifest.SizeBytes) : Result.Failure<StoredArtifact>(sent.Errors);
        }
        catch (IOException exception) when (StorageErrors.IsDiskFull(exception))
        {
            return StorageErrors.DiskFull(Root, null);
        }
    }

    private async Task<Result> SendAsync(string artifactPath, ArtifactManifest manifest, CancellationToken cancellationToken)
    {
        if (bucket is null || cache is null)
            return Result.Success();
        await using (await cache.WorkAloneAsync(artifactPath, cancellationToken))
        {
            return await bucket.TryAsync<bool>(
                async () =>
                {
                    await bucket.SendAsync(artifactPath, FullPath(artifactPath), manifest, cancellationToken);
                    cache.NoteStored(artifactPath);
                    await cache.MakeRoomAsync(0, cancellationToken);
                    return true;
                },
                cancellationToken);
        }
    }

    /// <summary>The same content may be there already, or come from another process at the same moment: then that one stays, if it is whole.</summary>
    private async Task MoveAsync(string source, string artifactPath, string sha256, CancellationToken cancellationToken)
    {
        var target = FullPath(artifactPath);
        if (Directory.Exists(target) && !await SetAsideAsync(artifactPath, sha256, cancellationToken))
        {
            // Its age says since when nobody has added it.
            Directory.SetLastWriteTimeUtc(target, clock.GetUtcNow().UtcDateTime);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        try
        {
            Directory.Move(source, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
        }

        DurableFolder.Flush(Path.GetDirectoryName(target)!);
    }

    /// <returns>Whether it was damaged, and is out of the way now.</returns>
    private async Task<bool> SetAsideAsync(string artifactPath, string sha256, CancellationToken cancellationToken)
    {
        try
        {
            if ((await ArtifactManifest.OfAsync(FullPath(artifactPath), flush: false, cancellationToken)).Sha256 == sha256)
                return false;
            ArtifactFolders.SetAside(Root, artifactPath);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else was faster.
        }

        return true;
    }

    private static DateTime LastWrite(DirectoryInfo folder) =>
        folder.GetFiles("*", SearchOption.AllDirectories).Select(file => file.LastWriteTimeUtc).Append(folder.LastWriteTimeUtc).Max();
}

using Platform.Domain.Results;

namespace Platform.Domain.Artifacts;

/// <summary>
/// A host's folder as what it has used lately of a bucket. All processes of the host share it: an artifact is fetched once, whoever asks
/// for it, and what anybody holds stays.
/// </summary>
internal sealed class ArtifactCache(string root, ArtifactBucket bucket, ArtifactOptions options, TimeProvider clock)
{
    private const string UseFolder = ".use";
    private const string WorkFolder = ".work";
    private const string StoredFolder = ".stored";

    /// <summary>Keeps the artifact here until disposed, whether it is here yet or not.</summary>
    public async Task<FileStream> HoldAsync(string artifactPath, CancellationToken cancellationToken)
    {
        var use = UseFile(artifactPath);
        var held = await HostLock.ShareAsync(use, cancellationToken);
        File.SetLastWriteTimeUtc(use, clock.GetUtcNow().UtcDateTime);
        return held;
    }

    /// <summary>One process of this host at a time sends or fetches an artifact.</summary>
    public Task<FileStream> WorkAloneAsync(string artifactPath, CancellationToken cancellationToken) =>
        HostLock.TakeAsync(Path.Combine(root, WorkFolder, NameOf(artifactPath)), cancellationToken);

    /// <summary>Brings an artifact here that somebody holds. It appears when every file is whole.</summary>
    public async Task<Result> FetchAsync(string artifactPath, CancellationToken cancellationToken)
    {
        var target = Path.Combine(root, artifactPath);
        await using var alone = await WorkAloneAsync(artifactPath, cancellationToken);
        if (Directory.Exists(target))
            return Result.Success();
        return await bucket.TryAsync(() => FetchAsync(artifactPath, target, cancellationToken), cancellationToken);
    }

    /// <summary>Notes that the bucket has it: should it go from there one day, then because nothing refers to it.</summary>
    public void NoteStored(string artifactPath)
    {
        Directory.CreateDirectory(Path.Combine(root, StoredFolder));
        File.WriteAllBytes(Path.Combine(root, StoredFolder, NameOf(artifactPath)), []);
    }

    /// <summary>Lets the least recently used go, until <paramref name="needed"/> bytes more fit into the bound. Never what is held, and never the only copy.</summary>
    public async Task MakeRoomAsync(long needed, CancellationToken cancellationToken)
    {
        var bound = options.CacheMegabytes << 20;
        var here = ArtifactFolders.In(root).Select(path => (Path: path, Bytes: SizeOf(path), UsedAt: UsedAt(path))).ToList();
        var total = here.Sum(one => one.Bytes) + needed;
        foreach (var oldest in here.OrderBy(one => one.UsedAt))
        {
            if (total <= bound)
                return;
            if (await LetGoAsync(oldest.Path, cancellationToken))
                total -= oldest.Bytes;
        }
    }

    private async Task<bool> LetGoAsync(string artifactPath, CancellationToken cancellationToken)
    {
        await using var unused = HostLock.TryTake(UseFile(artifactPath));
        if (unused is null)
            return false;
        var manifest = await bucket.ManifestAsync(artifactPath, cancellationToken);
        if (manifest.IsFailure || (manifest.Value is null && !WasCollected(artifactPath)))
            return false;
        ArtifactFolders.Remove(root, artifactPath);
        File.Delete(Path.Combine(root, StoredFolder, NameOf(artifactPath)));
        return true;
    }

    private async Task<Result<ArtifactManifest>> FetchAsync(string artifactPath, string target, CancellationToken cancellationToken)
    {
        var found = await bucket.ManifestAsync(artifactPath, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<ArtifactManifest>(found.Errors);
        if (found.Value is not { } manifest)
            return StorageErrors.Absent(artifactPath);
        await MakeRoomAsync(manifest.SizeBytes, cancellationToken);
        try
        {
            // Under the same name each time: what of a broken-off fetch is here already is not fetched again.
            var partial = Path.Combine(root, ArtifactFolders.Staging, "fetch-" + NameOf(artifactPath));
            foreach (var file in manifest.Files)
                if (await FetchAsync(artifactPath, file, partial, cancellationToken) is { } error)
                    return error;
            ArtifactFolders.FlushAll(partial);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            Directory.Move(partial, target);
            DurableFolder.Flush(Path.GetDirectoryName(target)!);
            NoteStored(artifactPath);
            return manifest;
        }
        catch (IOException exception) when (StorageErrors.IsDiskFull(exception))
        {
            return StorageErrors.DiskFull(root, manifest.SizeBytes);
        }
    }

    /// <summary>A file that is not what its manifest says is fetched once more: it may have been broken on the way.</summary>
    private async Task<Error?> FetchAsync(string artifactPath, ArtifactFile file, string partial, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(Path.Combine(partial, file.Name));
        if (!full.StartsWith(partial + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return BucketErrors.Damaged(artifactPath, $"the file '{file.Name}' lies outside of it");
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        for (var isAgain = false; ; isAgain = true)
        {
            await using (var target = new FileStream(full, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true))
                await bucket.ReceiveAsync(artifactPath, file, target, cancellationToken);
            var arrived = await ArtifactManifest.OfFileAsync(full, file.Name, flush: true, cancellationToken);
            if (arrived == file)
                return null;
            File.Delete(full);
            if (isAgain)
            {
                return BucketErrors.Damaged(artifactPath, arrived.SizeBytes == file.SizeBytes
                    ? $"the file '{file.Name}' has the SHA-256 {arrived.Sha256}, not {file.Sha256}"
                    : $"the file '{file.Name}' has {arrived.SizeBytes} bytes, not {file.SizeBytes}");
            }
        }
    }

    private bool WasCollected(string artifactPath) =>
        File.Exists(Path.Combine(root, StoredFolder, NameOf(artifactPath))) && UsedAt(artifactPath) < clock.GetUtcNow().UtcDateTime.AddHours(-options.GraceHours);

    private string UseFile(string artifactPath) => Path.Combine(root, UseFolder, NameOf(artifactPath));

    private DateTime UsedAt(string artifactPath) =>
        File.Exists(UseFile(artifactPath)) ? File.GetLastWriteTimeUtc(UseFile(artifactPath)) : Directory.GetLastWriteTimeUtc(Path.Combine(root, artifactPath));

    private long SizeOf(string artifactPath) => new DirectoryInfo(Path.Combine(root, artifactPath)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static string NameOf(string artifactPath) => artifactPath.Replace('/', '-');
}

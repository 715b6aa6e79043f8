using Platform.Domain.Results;

namespace Platform.Domain.Artifacts;

/// <summary>A folder on its way into the <see cref="ArtifactStore"/>.</summary>
public sealed class ArtifactStaging : IDisposable
{
    private readonly ArtifactStore store;

    internal ArtifactStaging(ArtifactStore store, string category, string folder)
    {
        this.store = store;
        Category = category;
        Folder = folder;
    }

    public string Category { get; }

    /// <summary>Write here; subfolders are welcome.</summary>
    public string Folder { get; }

    public FileStream CreateFile(string name) =>
        new(Path.Combine(Folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);

    /// <summary>Flushes, hashes and renames. Close all files first.</summary>
    public Task<Result<StoredArtifact>> CommitAsync(CancellationToken cancellationToken) => store.CommitAsync(this, cancellationToken);

    public void Dispose()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}

using Platform.Domain.Artifacts;

namespace Platform.Jobs.Runs;

/// <summary>Artifacts that a job cannot do without.</summary>
internal static class StoredFiles
{
    /// <summary>On this host until disposed.</summary>
    /// <exception cref="StorageException">They cannot be had; it says why.</exception>
    public static async Task<ArtifactFolder> OpenAsync(ArtifactStore store, string artifactPath, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(artifactPath, cancellationToken);
        return opened.IsSuccess ? opened.Value : throw new StorageException(opened.Error);
    }
}

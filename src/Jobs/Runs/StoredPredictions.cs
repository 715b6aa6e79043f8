using Platform.Domain.Artifacts;
using Platform.Engine.Evaluation;
using Platform.Engine.Tasks;

namespace Platform.Jobs.Runs;

/// <summary>Answers to a test split in the artifact store.</summary>
internal static class StoredPredictions
{
    /// <returns>The path inside the store.</returns>
    public static async Task<string> StoreAsync(ArtifactStore store, TaskSpec task, AnsweredSplit answered, CancellationToken cancellationToken)
    {
        using var staging = store.Stage(ArtifactStore.Predictions);
        PredictionFolder.Write(staging.Folder, task, answered);
        var stored = await staging.CommitAsync(cancellationToken);
        return stored.IsSuccess ? stored.Value.Path : throw new StorageException(stored.Error);
    }

    /// <returns>Null when they are not there any more.</returns>
    /// <exception cref="StorageException">Nobody can say whether they are.</exception>
    public static async Task<AnsweredSplit?> FindAsync(ArtifactStore store, string artifactPath, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(artifactPath, cancellationToken);
        if (opened.IsFailure)
            return opened.Error.Code == StorageErrors.AbsentCode ? null : throw new StorageException(opened.Error);
        using var files = opened.Value;
        return PredictionFolder.Exists(files.Path) ? PredictionFolder.Read(files.Path) : null;
    }

    /// <exception cref="StorageException">They cannot be had.</exception>
    public static async Task<AnsweredSplit> ReadAsync(ArtifactStore store, string artifactPath, CancellationToken cancellationToken) =>
        await FindAsync(store, artifactPath, cancellationToken) ?? throw new StorageException(StorageErrors.Absent(artifactPath));
}

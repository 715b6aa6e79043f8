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

    public static bool Exists(ArtifactStore store, string artifactPath) => PredictionFolder.Exists(store.FullPath(artifactPath));

    public static AnsweredSplit Read(ArtifactStore store, string artifactPath) => PredictionFolder.Read(store.FullPath(artifactPath));
}

using System.Text.Json;
using Platform.Domain.Artifacts;
using Platform.Engine.Evaluation;
using Platform.Engine.Tasks;

namespace Platform.Jobs.Runs;

/// <summary>
/// A model's answers to a test split, kept for comparisons: one row as JSON on each line, and the labels in the order in which each row
/// lists their probabilities.
/// </summary>
internal static class PredictionFile
{
    private const string Name = "predictions.jsonl";
    private const string LabelsName = "labels.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <returns>The path inside the store.</returns>
    public static async Task<string> StoreAsync(ArtifactStore store, TaskSpec task, IReadOnlyList<Prediction> predictions, CancellationToken cancellationToken)
    {
        using var staging = store.Stage(ArtifactStore.Predictions);
        Write(Path.Combine(staging.Folder, Name), predictions);
        if (task.IsClosed)
            await File.WriteAllTextAsync(Path.Combine(staging.Folder, LabelsName), JsonSerializer.Serialize(task.Labels, Json), cancellationToken);
        var stored = await staging.CommitAsync(cancellationToken);
        return stored.IsSuccess ? stored.Value.Path : throw new StorageException(stored.Error);
    }

    public static bool Exists(ArtifactStore store, string artifactPath) => File.Exists(Path.Combine(store.FullPath(artifactPath), Name));

    public static IReadOnlyList<Prediction> Read(ArtifactStore store, string artifactPath) => Read(Path.Combine(store.FullPath(artifactPath), Name));

    public static void Write(string file, IReadOnlyList<Prediction> predictions) =>
        File.WriteAllLines(file, predictions.Select(prediction => JsonSerializer.Serialize(prediction, Json)));

    public static IReadOnlyList<Prediction> Read(string file) =>
        [.. File.ReadLines(file).Select(line => JsonSerializer.Deserialize<Prediction>(line, Json)!)];
}

using System.Text.Json;
using Platform.Domain.Artifacts;
using Platform.Engine.Evaluation;

namespace Platform.Jobs.Runs;

/// <summary>Answers to a test split, kept for the paired comparison.</summary>
internal static class PredictionFile
{
    private const string Name = "predictions.jsonl";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static void Write(ArtifactStaging staging, IReadOnlyList<Prediction> predictions) =>
        File.WriteAllLines(Path.Combine(staging.Folder, Name), predictions.Select(prediction => JsonSerializer.Serialize(prediction, Json)));

    public static bool Exists(ArtifactStore store, string artifactPath) => File.Exists(Path.Combine(store.FullPath(artifactPath), Name));

    public static IReadOnlyList<Prediction> Read(ArtifactStore store, string artifactPath) =>
        [.. File.ReadLines(Path.Combine(store.FullPath(artifactPath), Name)).Select(line => JsonSerializer.Deserialize<Prediction>(line, Json)!)];
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Domain.Runs;

/// <summary>A stage that was trained elsewhere on data that a run wrote, and how it came back.</summary>
/// <param name="Stage">2 or 3: what was brought back is this stage's result. Earlier stages were done elsewhere as well.</param>
/// <param name="ArtifactPath">The result and its manifest, inside the artifact store.</param>
/// <param name="Sha256">Of that artifact.</param>
/// <param name="ManifestSha256">Of the manifest of the exported data, as it is on record.</param>
/// <param name="ExportedRun">The run that was exported; null when it was a recipe.</param>
public sealed record OutsideTraining(
    int Stage, string ArtifactPath, string Sha256, string ManifestSha256, int? ExportedRun, string ExportedByName, DateTimeOffset ExportedAt, string ImportedByName, DateTimeOffset ImportedAt)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>In one sentence, for people.</summary>
    [JsonIgnore]
    public string Sentence =>
        $"Stage {Stage} was trained outside of the platform, on what {(ExportedRun is { } run ? $"run {run}" : "a recipe")} exported; brought back by {ImportedByName}.";

    public static OutsideTraining? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<OutsideTraining>(json, Json);

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

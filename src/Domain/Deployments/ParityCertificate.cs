using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Domain.Deployments;

/// <summary>
/// The proof that a served model answers as the evaluated one: its recorded sample predictions, answered again one by one and in random
/// batches by the process that serves it.
/// </summary>
/// <param name="Deployment">Number of the deployment.</param>
/// <param name="ModelVersion">Number of the model version.</param>
/// <param name="ArtifactSha256">Hash of the model version's files.</param>
/// <param name="SamplesSha256">Hash of the recorded sample predictions.</param>
/// <param name="Samples">How many there are; with none, nothing is proven.</param>
/// <param name="SameAlone">Samples that got the recorded answer one by one.</param>
/// <param name="InBatches">Answers that were given in random batches.</param>
/// <param name="SameInBatches">How many of them were the recorded answer.</param>
/// <param name="ScoreTolerance">By how much a score may differ for the answer to be the same.</param>
/// <param name="LargestScoreDifference">The largest difference that was seen.</param>
/// <param name="BitwiseSame">Whether every answer in a batch had exactly the score that it has alone.</param>
/// <param name="Host">Name of the machine.</param>
/// <param name="Processor">What computes there.</param>
/// <param name="At">When.</param>
public sealed record ParityCertificate(
    int Deployment, int ModelVersion, string ArtifactSha256, string SamplesSha256, int Samples, int SameAlone, int InBatches, int SameInBatches,
    double ScoreTolerance, double LargestScoreDifference, bool BitwiseSame, string Host, string Processor, DateTimeOffset At)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    [JsonIgnore]
    public string Json => JsonSerializer.Serialize(this, Options);

    /// <summary>Of <see cref="Json"/>.</summary>
    [JsonIgnore]
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Json)));

    /// <param name="json">As <see cref="Json"/> gave it.</param>
    public static ParityCertificate Parse(string json) =>
        JsonSerializer.Deserialize<ParityCertificate>(json, Options) ?? throw new JsonException("The certificate is empty.");
}

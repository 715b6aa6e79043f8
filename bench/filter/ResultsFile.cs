using System.Text.Json;

namespace Platform.FilterBench;

/// <summary>One training of the truth.</summary>
/// <param name="Settings">Name of the settings.</param>
/// <param name="Seed">Order of the examples.</param>
/// <param name="Arm">"all", "without X" or "alone X".</param>
/// <param name="Examples">Examples trained on.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="DeviceSeconds">Time of the training, without validation.</param>
/// <param name="Losses">Mean validation loss of each task that was trained.</param>
internal sealed record TruthResult(
    string Settings, long Seed, string Arm, long Examples, long Tokens, double DeviceSeconds, IReadOnlyDictionary<string, double> Losses);

/// <summary>The committed results: JSON lines, one for each training or estimate, so that an interrupted bench goes on where it was.</summary>
internal sealed class ResultsFile<T>(string path)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public IReadOnlyList<T> Read() => File.Exists(path)
        ? [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<T>(line, Json)!)]
        : [];

    public void Append(T result) => File.AppendAllText(path, JsonSerializer.Serialize(result, Json) + "\n");
}

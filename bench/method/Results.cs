using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Engine.Checkpoints;

namespace Platform.MethodBench;

/// <summary>What a step cost.</summary>
internal sealed record StepCost(string Step, string? Task, long Examples, long Tokens, double DeviceSeconds);

/// <summary>How one task came out.</summary>
/// <param name="Resamples">Its score on drawn samples of the test rows, the same ones in every arm: differences between arms can be paired.</param>
internal sealed record TaskScore(
    string Task, string Metric, int TrainRows, int TestRows, double Score, double Low, double High, string Decision, string ServedBy, IReadOnlyList<double> Resamples)
{
    /// <summary>The paired difference from the dedicated model, with its 95 % interval; null for the dedicated models themselves.</summary>
    public IReadOnlyList<double>? Difference { get; init; }
}

/// <summary>One arm with one seed.</summary>
internal sealed record ArmResult(
    string Suite, string Arm, int Seed, string Hash, string BaseModelSha256, DateOnly Date, string Processor, int Cores, IReadOnlyList<StepCost> Steps, IReadOnlyList<TaskScore> Tasks);

/// <summary>One server for each task against one for all, at the same traffic.</summary>
internal sealed record OverheadResult(
    string Suite, string Hash, DateOnly Date, string Processor, int Requests, int Together, double SharedSeconds, long SharedBytes, IReadOnlyList<DedicatedServer> Dedicated);

internal sealed record DedicatedServer(string Task, int Requests, double Seconds, long Bytes);

/// <summary>The committed results: one JSON object on a line, so that machines and sessions add to each other's.</summary>
internal sealed class Results
{
    /// <summary>The arm of the dedicated models, which every run trains (or finds trained) as its baselines.</summary>
    public const string SingleTask = "single-task";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly string _file;
    private readonly List<Line> _lines;

    private Results(string file, List<Line> lines) => (_file, _lines) = (file, lines);

    public IEnumerable<ArmResult> Arms => _lines.Select(line => line.Arm).OfType<ArmResult>();

    public IEnumerable<OverheadResult> Overheads => _lines.Select(line => line.Overhead).OfType<OverheadResult>();

    public static Results Load(string file) => new(
        file, File.Exists(file) ? [.. File.ReadLines(file).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<Line>(line, Json)!)] : []);

    public ArmResult? Find(string suite, string arm, int seed, string hash) =>
        Arms.LastOrDefault(found => found.Suite == suite && found.Arm == arm && found.Seed == seed && found.Hash == hash);

    public void Add(ArmResult result) => Add(new Line(result, null));

    public void Add(OverheadResult result) => Add(new Line(null, result));

    private void Add(Line line)
    {
        _lines.Add(line);
        AtomicFile.WriteText(_file, string.Concat(_lines.Select(one => JsonSerializer.Serialize(one, Json) + "\n")));
    }

    private sealed record Line(ArmResult? Arm, OverheadResult? Overhead);
}

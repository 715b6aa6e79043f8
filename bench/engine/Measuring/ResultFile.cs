using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.EngineBench.Measuring;

/// <summary>Results as JSON lines, so that a run that was interrupted goes on where it was.</summary>
internal sealed class ResultFile
{
    private const string End = "end";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private readonly string _path;
    private readonly List<RaceResult> _results = [];

    private ResultFile(string path) => _path = path;

    public IReadOnlyList<RaceResult> Results => _results;

    /// <summary>Opens the file; one whose run came to its end, or that another build wrote, is moved aside.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">Names what is measured: settings and build.</param>
    public static ResultFile Open(string path, string identity)
    {
        var file = new ResultFile(path);
        string[] lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        if (lines.Length > 0 && (lines[^1] == JsonSerializer.Serialize(End) || lines[0] != JsonSerializer.Serialize(identity)))
        {
            File.Move(path, Path.ChangeExtension(path, ".before.jsonl"), overwrite: true);
            lines = [];
        }

        if (lines.Length == 0)
            File.WriteAllText(path, JsonSerializer.Serialize(identity) + "\n");
        foreach (var line in lines.Skip(1))
            file._results.Add(JsonSerializer.Deserialize<RaceResult>(line, Json)!);
        return file;
    }

    public RaceResult? Find(string key) => _results.Find(r => r.Key == key);

    public void Add(RaceResult result)
    {
        _results.Add(result);
        File.AppendAllText(_path, JsonSerializer.Serialize(result, Json) + "\n");
    }

    /// <summary>The run is complete: the next one begins anew.</summary>
    public void Close() => File.AppendAllText(_path, JsonSerializer.Serialize(End) + "\n");
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Engine.Tasks;

namespace Platform.BaseModelBench;

/// <summary>A task bundle as the bench needs it.</summary>
internal static class Bundle
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter<TaskKind>(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <exception cref="InvalidDataException">The folder is no bundle.</exception>
    public static TaskData Read(string folder, int testRows)
    {
        var path = Path.Combine(folder, "task.json");
        if (!File.Exists(path))
            throw new InvalidDataException($"{folder} is not a task bundle: task.json is missing.");
        var task = JsonSerializer.Deserialize<TaskFile>(File.ReadAllText(path), Json)!;
        var spec = new TaskSpec { Name = task.Name, Kind = task.Kind, Instruction = task.Instruction, Metric = task.Metric, Labels = task.Labels ?? [] };
        return new TaskData(
            spec,
            TaskBundle.ReadSplit(Path.Combine(folder, "train.jsonl")),
            TaskBundle.ReadSplit(Path.Combine(folder, "validation.jsonl")),
            RowSample.Of(TaskBundle.ReadSplit(Path.Combine(folder, "test.jsonl")), testRows, seed: 17));
    }

    private sealed record TaskFile(string Name, TaskKind Kind, string Instruction, string Metric, IReadOnlyList<string>? Labels);
}

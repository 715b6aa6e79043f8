using System.Text.Json;
using Platform.Cli.Terminal;

namespace Platform.Cli.Saving;

/// <summary>A request of a traffic, one JSON object a line: {"at": seconds, "task": "...", "text": "...", "text2": "..."}.</summary>
internal sealed record TrafficRequest(double At, string Task, string Text, string? Text2)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>In the order of their arrival.</summary>
    /// <param name="tasks">Tasks that can be asked.</param>
    /// <exception cref="CommandFailure">A line is malformed or asks an unknown task; the message names line and field.</exception>
    public static IReadOnlyList<TrafficRequest> Read(string path, IReadOnlySet<string> tasks)
    {
        if (!File.Exists(path))
            throw new CommandFailure($"--traffic: there is no file '{path}'.");
        var requests = new List<TrafficRequest>();
        foreach (var (index, line) in File.ReadLines(path).Index())
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            requests.Add(Parse($"{path}, line {index + 1}", line, tasks));
        }

        return requests.Count > 0
            ? [.. requests.OrderBy(request => request.At)]
            : throw new CommandFailure($"'{path}' holds no request. Write one object a line: {{\"at\": 0.5, \"task\": \"...\", \"text\": \"...\"}}.");
    }

    public static void Write(string path, IEnumerable<TrafficRequest> requests) => File.WriteAllLines(path, requests.Select(request => JsonSerializer.Serialize(request, Json)));

    private static TrafficRequest Parse(string place, string line, IReadOnlySet<string> tasks)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
                throw new CommandFailure($"{place}: this is not an object. Write {{\"at\": 0.5, \"task\": \"...\", \"text\": \"...\"}}.");
            if (!row.TryGetProperty("at", out var at) || at.ValueKind != JsonValueKind.Number || at.GetDouble() is not (>= 0 and <= 1e9 and var seconds))
                throw new CommandFailure($"{place}: the field 'at' must be a number of seconds from the traffic's start, 0 or more.");
            var task = Field(row, "task") ?? throw new CommandFailure($"{place}: the field 'task' is missing.");
            if (!tasks.Contains(task))
                throw new CommandFailure($"{place}: the model version has no task '{task}'. It has {string.Join(", ", tasks.Order(StringComparer.Ordinal))}.");
            return new TrafficRequest(seconds, task, Field(row, "text") ?? throw new CommandFailure($"{place}: the field 'text' is missing."), Field(row, "text2"));
        }
        catch (JsonException exception)
        {
            throw new CommandFailure($"{place}: this is not valid JSON ({exception.Message.Split(". ")[0]}). Write one object a line.");
        }
    }

    private static string? Field(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

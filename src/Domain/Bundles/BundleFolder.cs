using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Platform.Domain.Datasets;
using Platform.Domain.Results;
using Platform.Domain.Tasks;

namespace Platform.Domain.Bundles;

/// <summary>Reads and writes a bundle's task.json. Fields that the platform does not know travel along.</summary>
public static class BundleFolder
{
    public const string TaskFile = "task.json";

    private static readonly string[] Known = ["name", "kind", "instruction", "labels", "metric", "tolerance", "max_output_tokens", "abstain_below", "latency_class"];
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bundle in <paramref name="folder"/> itself, or else the bundles right below it, by name.</summary>
    public static Result<IReadOnlyList<string>> Find(string folder)
    {
        if (!Directory.Exists(folder))
            return Error.NotFound("bundle_folder_missing", $"There is no folder '{folder}'. Give the folder of a bundle, or one that holds bundles.", "folder");
        if (File.Exists(Path.Combine(folder, TaskFile)))
            return Result.Success<IReadOnlyList<string>>([folder]);
        List<string> bundles = [.. Directory.GetDirectories(folder).Where(inner => File.Exists(Path.Combine(inner, TaskFile))).Order(StringComparer.Ordinal)];
        return bundles.Count > 0
            ? bundles
            : Error.NotFound("bundle_missing", $"Neither '{folder}' nor a folder in it holds a {TaskFile}. A bundle has {TaskFile}, {string.Join(", ", Splits.All.Select(split => split.FileName()))}.", "folder");
    }

    /// <summary>The task as written; of a bundle that is not whole, every problem.</summary>
    public static async Task<Result<TaskDraft>> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        List<Error> errors = [.. new[] { TaskFile }.Concat(Splits.All.Select(split => split.FileName()))
            .Where(file => !File.Exists(Path.Combine(folder, file)))
            .Select(file => Error.Invalid("bundle_file_missing", $"{file} is missing in the bundle '{folder}'. Add it.", file))];
        if (errors.Any(error => error.Field == TaskFile))
            return Result.Failure<TaskDraft>(errors);

        var draft = Parse(await File.ReadAllTextAsync(Path.Combine(folder, TaskFile), Encoding.UTF8, cancellationToken));
        errors.AddRange(draft.Errors);
        if (draft.IsSuccess)
            errors.AddRange(TaskRules.Validate(draft.Value).Select(error => error with { Message = $"{TaskFile}: {error.Message}" }));
        return errors.Count > 0 ? Result.Failure<TaskDraft>(errors) : draft;
    }

    public static Result<TaskDraft> Parse(string taskJson)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(taskJson, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        }
        catch (JsonException exception)
        {
            return Error.Invalid("bundle_task_malformed", $"{TaskFile}, line {exception.LineNumber + 1}: this is not valid JSON ({exception.Message.Split(". ")[0].TrimEnd('.')}). Mend the file.", TaskFile);
        }

        using (document)
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Draft(document.RootElement)
                : Error.Invalid("bundle_task_malformed", $"{TaskFile} must hold one JSON object.", TaskFile);
    }

    public static string Write(TaskDefinition task)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("name", task.Name);
            json.WriteString("kind", task.Kind.ToWire());
            json.WriteString("instruction", task.Instruction);
            json.WritePropertyName("labels");
            JsonSerializer.Serialize(json, task.Labels.Count > 0 ? task.Labels : null);
            json.WriteString("metric", task.Metric);
            json.WriteNumber("tolerance", task.Tolerance);
            json.WriteNumber("max_output_tokens", task.MaxOutputTokens);
            if (task.AbstainBelow is { } threshold)
                json.WriteNumber("abstain_below", threshold);
            if (task.LatencyClass != LatencyClass.Standard)
                json.WriteString("latency_class", task.LatencyClass.ToWire());
            if (task.ExtraJson is { } extra)
            {
                using var document = JsonDocument.Parse(extra);
                foreach (var property in document.RootElement.EnumerateObject())
                    property.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static Result<TaskDraft> Draft(JsonElement task)
    {
        List<Error> errors = [];
        var draft = new TaskDraft
        {
            Name = Text("name"),
            Kind = Text("kind"),
            Instruction = Text("instruction"),
            Labels = Labels(),
            Metric = Text("metric"),
            Tolerance = Number("tolerance") ?? TaskDefinition.DefaultTolerance,
            MaxOutputTokens = (int?)Number("max_output_tokens") ?? TaskDefinition.DefaultMaxOutputTokens,
            AbstainBelow = Number("abstain_below"),
            LatencyClass = Text("latency_class"),
            ExtraJson = Extra(task),
        };
        return errors.Count > 0 ? Result.Failure<TaskDraft>(errors) : draft;

        string? Text(string field)
        {
            if (!Has(field, out var value) || value.ValueKind == JsonValueKind.String)
                return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            errors.Add(WrongType(field, "a string"));
            return null;
        }

        double? Number(string field)
        {
            if (!Has(field, out var value) || value.ValueKind == JsonValueKind.Number)
                return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
            errors.Add(WrongType(field, "a number"));
            return null;
        }

        IReadOnlyList<string> Labels()
        {
            if (!Has("labels", out var value))
                return [];
            if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(label => label.ValueKind == JsonValueKind.String))
                return [.. value.EnumerateArray().Select(label => label.GetString()!)];
            errors.Add(WrongType("labels", "a list of strings"));
            return [];
        }

        bool Has(string field, out JsonElement value) => task.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;
    }

    private static string? Extra(JsonElement task)
    {
        var extra = task.EnumerateObject().Where(property => !Known.Contains(property.Name)).ToList();
        if (extra.Count == 0)
            return null;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (var property in extra)
                property.WriteTo(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static Error WrongType(string field, string wanted) =>
        Error.Invalid("bundle_field_type", $"{TaskFile}: the field '{field}' must be {wanted}.", field);
}

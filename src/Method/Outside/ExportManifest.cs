using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Domain.Runs;

namespace Platform.Method.Outside;

/// <summary>manifest.json of an exported run: what the folder holds, and what it was made from.</summary>
/// <param name="Format">Of the folder; another format is refused.</param>
/// <param name="Run">The exported run; null when it was a recipe.</param>
/// <param name="BaseModel">The model that the tasks' rows are tokenized for, and that dedicated models are trained from.</param>
/// <param name="Start">What the first exported stage begins with: the base, or what stage 2 left.</param>
/// <param name="Notes">What the platform's own training would do otherwise.</param>
/// <param name="Files">All other files of the folder.</param>
public sealed record ExportManifest(
    string Format, ExportedRun? Run, string RecipeName, ExportedModel BaseModel, ExportedModel Start, IReadOnlyList<ExportedStage> Stages,
    IReadOnlyList<ExportedTask> Tasks, IReadOnlyList<string> Notes, string ExportedBy, DateTimeOffset ExportedAt, IReadOnlyList<ExportedFile> Files)
{
    public const string FileName = "manifest.json";
    public const string RecipeFile = "recipe.yaml";
    public const string CurrentFormat = "platform-run/1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <exception cref="InvalidDataException">It is no manifest of this format.</exception>
    public static ExportManifest Parse(string json)
    {
        ExportManifest? read;
        try
        {
            read = JsonSerializer.Deserialize<ExportManifest>(json, Json);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{FileName} is not a manifest: {exception.Message} Take the folder as it was exported.", exception);
        }

        return read?.Format == CurrentFormat
            ? read
            : throw new InvalidDataException($"{FileName}: format is '{read?.Format}', not '{CurrentFormat}'. Export the run again with this version of the platform.");
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}

public sealed record ExportedRun(int Number, string Name);

/// <param name="Name">Folder, or name beside the platform's own base model.</param>
/// <param name="Sha256">Over the files that decide how it answers.</param>
public sealed record ExportedModel(string Name, string Sha256);

/// <param name="Examples">Lines of the file, in the order in which they are trained on.</param>
public sealed record ExportedStage(int Stage, string File, long Examples, long Updates);

/// <param name="Decision">The filter's: an isolated task is in no stage, and gets its own adapter after the import.</param>
/// <param name="Stage2">Examples in stage 2.</param>
/// <param name="Stage3">Examples in stage 3.</param>
public sealed record ExportedTask(
    string Name, int DatasetVersion, string Sha256, long TrainRows, long ValidationRows, long TestRows, TaskDecision Decision, string? Reason, string? DecidedBy, bool HighResource, long Stage2, long Stage3);

public sealed record ExportedFile(string Path, string Sha256, long SizeBytes);

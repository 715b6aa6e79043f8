using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Platform.Domain.Results;

namespace Platform.Domain.Runs.Recipes;

public enum TooLongRows
{
    Drop,
    Truncate,
    Stop,
}

/// <summary>How a run trains. Every part of the method is one setting, so that leaving it out is an ablation.</summary>
public sealed record Recipe
{
    /// <summary>Version 1 was one flat object without a version; see <see cref="RecipeUpgrade"/>.</summary>
    public const int CurrentVersion = 2;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },

        // Names and sentences stay readable in the portal's editor; nothing of this is ever written into HTML unescaped.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Setting("Version", "Version of the document's shape.", Low = CurrentVersion, High = CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    [Setting("Recipe name", "Shown with the run.", High = 128)]
    public string Name { get; init; } = "default";

    [Setting("Seed", "Fixes the order of the data and the draw of adapters: the same seed, data and base model give the same run on the same machine.", Low = int.MinValue, High = int.MaxValue)]
    public int Seed { get; init; } = 17;

    [Setting("Base model", "Name of a folder beside the platform's own base model, or a whole path. Left out: the platform's own.", High = 1024)]
    public string? BaseModel { get; init; }

    [Setting("Base model's hash", "SHA-256 of the base model's files. The run writes it down; in a document it makes the run refuse any other base.", High = 64)]
    public string? BaseModelSha256 { get; init; }

    [Setting("Tasks", "The tasks that take part. Left out: those that were chosen beside the document, in the form or the command.")]
    public IReadOnlyList<RecipeTask>? Tasks { get; init; }

    [Setting("Examples budget", "Examples seen in stages 2 and 3 together; an example seen twice counts twice.", Unit = "examples", Low = 1, High = 1_000_000_000)]
    public long ExamplesBudget { get; init; } = 40_000;

    [Setting("Longest row", "Longest training sequence, instruction and answer included.", Unit = "tokens", Low = 16, High = 1_048_576)]
    public int MaxTokens { get; init; } = 256;

    [Setting("Longer rows", "What happens to training rows longer than maxTokens: drop leaves them out, truncate cuts their input, stop ends the run before it trains.")]
    public TooLongRows TooLong { get; init; } = TooLongRows.Truncate;

    [Setting("Fewest training rows", "The data rule: a task with fewer training rows is isolated.", Unit = "rows", Low = 0, High = 1_000_000)]
    public int MinTrainRows { get; init; } = 50;

    [Setting("Checkpoint every", "Longest time between two checkpoints: what a crash can cost at most.", Unit = "seconds", Low = 1, High = 86_400)]
    public int CheckpointSeconds { get; init; } = 120;

    [Setting("Stage 1: which tasks fit together", "Which tasks share the mixture, and how that is found out.")]
    public FilterSection Filter { get; init; } = new();

    [Setting("Stage 0: the tasks' own texts", "Domain-adaptive pre-training on the tasks' own input texts, before anything else.", Source = "Gururangan et al., arXiv 2004.10964")]
    public Stage0Section Stage0 { get; init; } = new();

    [Setting("Stage 2: high-resource tasks", "Fine-tuning on the tasks with many rows, from the base model.")]
    public Stage2Section Stage2 { get; init; } = new();

    [Setting("Stage 3: all kept tasks", "Fine-tuning on all kept tasks, from stage 2's weights.")]
    public Stage3Section Stage3 { get; init; } = new();

    [Setting("Training", "The optimizer of both stages and of single-task baselines.")]
    public TrainingSection Training { get; init; } = new();

    [Setting("Adapters of isolated tasks", "An isolated task's own adapter on the shared model.")]
    public AdaptersSection Adapters { get; init; } = new();

    [Setting("Single-task baselines", "How much the dedicated models see that the shared one is compared with.")]
    public BaselinesSection Baselines { get; init; } = new();

    [Setting("Validation", "Measurements on validation rows during a training.")]
    public ValidationSection Validation { get; init; } = new();

    [Setting("Evaluation", "The final measurement on test rows.")]
    public EvaluationSection Evaluation { get; init; } = new();

    /// <summary>The whole document, every default written out.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The whole document, every default written out.</summary>
    public string ToYaml() => YamlWriter.Write(ToDocument());

    /// <summary>JSON or YAML. What is left out has its default; documents of version 1 are upgraded.</summary>
    /// <returns>The recipe, or every problem, each naming its field.</returns>
    public static Result<Recipe> Parse(string text)
    {
        var document = RecipeDocument.Read(text);
        return document.IsFailure ? Result.Failure<Recipe>(document.Errors) : Read(document.Value);
    }

    /// <summary>As <see cref="Parse"/>, from a document that is read already.</summary>
    public static Result<Recipe> Read(JsonObject document) => RecipeReader.Read(document);

    /// <summary>Every problem, each naming the field, its value, the allowed range and the mend.</summary>
    public IReadOnlyList<Error> Validate() => RecipeValidation.Check(this);

    /// <summary>The whole document as a tree.</summary>
    public JsonObject ToDocument() => JsonSerializer.SerializeToNode(this, Json)!.AsObject();
}

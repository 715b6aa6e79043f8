namespace Platform.Engine.Tasks;

/// <summary>What the engine must know of a task to train, evaluate and serve it.</summary>
public sealed record TaskSpec
{
    /// <summary>Unique name, for instance "hotel-sentiment".</summary>
    public required string Name { get; init; }

    /// <summary>Its kind, which decides how answers are produced.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>What the model is told to do; part of every prompt.</summary>
    public required string Instruction { get; init; }

    /// <summary>The answers that are allowed (closed kinds) or the span types (open kinds).</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Name of its metric, for instance "accuracy".</summary>
    public required string Metric { get; init; }

    /// <summary>Most tokens of an answer that is generated.</summary>
    public int MaxOutputTokens { get; init; } = 64;

    /// <summary>Whether an answer is one of <see cref="Labels"/>, found by scoring them all, instead of generated text.</summary>
    public bool IsClosed => Kind is TaskKind.Classification or TaskKind.PairClassification or TaskKind.MultipleChoice && Labels.Count > 0;
}

/// <summary>The kinds of task.</summary>
public enum TaskKind
{
    /// <summary>One label for one text.</summary>
    Classification,

    /// <summary>One label for two texts.</summary>
    PairClassification,

    /// <summary>The letter of one of the choices that the text shows.</summary>
    MultipleChoice,

    /// <summary>A number that says how similar two texts are.</summary>
    Similarity,

    /// <summary>A tag for every token, or the list of tagged spans.</summary>
    Tagging,

    /// <summary>A list "type: words; type: words", or none.</summary>
    Extraction,

    /// <summary>Free text.</summary>
    Generation,
}

/// <summary>One row of a split.</summary>
/// <param name="Id">Unique within its task.</param>
/// <param name="Text">The input.</param>
/// <param name="Text2">The second input of pair tasks, or null.</param>
/// <param name="Output">The expected answer.</param>
/// <param name="References">Further good answers.</param>
public sealed record Example(string Id, string Text, string? Text2, string Output, IReadOnlyList<string> References);

/// <summary>A task and its rows.</summary>
/// <param name="Spec">The task.</param>
/// <param name="Train">Rows to learn from.</param>
/// <param name="Validation">Rows that steer training.</param>
/// <param name="Test">Rows that only the final evaluation sees.</param>
public sealed record TaskData(TaskSpec Spec, IReadOnlyList<Example> Train, IReadOnlyList<Example> Validation, IReadOnlyList<Example> Test);

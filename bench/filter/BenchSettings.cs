using Platform.Engine.Training;

namespace Platform.FilterBench;

/// <summary>What the trainings of the truth are made with; results of other settings are not mixed with them.</summary>
/// <param name="Tasks">Names of bundles.</param>
/// <param name="Rows">Training rows of each task at most; all are shown, so often.</param>
/// <param name="Epochs">How often.</param>
/// <param name="BatchExamples">Examples of an update.</param>
/// <param name="LearningRate">Peak learning rate of the full fine-tuning.</param>
/// <param name="MaxTokens">Where rows are cut.</param>
/// <param name="ValidationRows">Rows of each task that a loss is measured on, at most.</param>
internal sealed record BenchSettings(
    IReadOnlyList<string> Tasks, int Rows, int Epochs, int BatchExamples, double LearningRate, int MaxTokens, int ValidationRows)
{
    /// <summary>Fixes which rows of the splits are used; the order of the trainings has seeds of its own.</summary>
    public const long DataSeed = 17;

    /// <summary>Three tasks of sentiment, three of questions and requests, one with long answers, one with numbers.</summary>
    public static BenchSettings Default { get; } = new(
        ["absa_restaurants", "hwu64", "snips_intent", "snips_slots", "sst2", "sst5", "stsb", "trec"],
        Rows: 192, Epochs: 1, BatchExamples: 4, LearningRate: 5e-4, MaxTokens: 96, ValidationRows: 60);

    /// <summary>Names these settings in the results.</summary>
    public string Name => $"{string.Join('+', Tasks)}/{Rows}x{Epochs}/b{BatchExamples}/lr{LearningRate:0.#####}/t{MaxTokens}/v{ValidationRows}";

    /// <summary>How the truth is trained.</summary>
    public TrainingOptions Training(long seed) => new()
    {
        BatchExamples = BatchExamples,
        LearningRate = LearningRate,
        MaxTokens = MaxTokens,
        LongRows = LongRows.Truncate,
        Validations = 0,
        EarlyStopPatience = 0,
        ValidationRowsMax = ValidationRows,
        Seed = seed,
    };
}

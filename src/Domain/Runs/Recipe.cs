using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Domain.Results;

namespace Platform.Domain.Runs;

public enum FilterStrategy
{
    /// <summary>Every task joins the mixture.</summary>
    None,

    /// <summary>Only the rules on the data decide.</summary>
    Rules,

    /// <summary>The rules, then the probe's measured effect on validation rows.</summary>
    Measured,
}

public enum HighResourceRule
{
    /// <summary>The tasks above the largest gap between neighbours when sorted by size.</summary>
    LargestGap,

    /// <summary>The tasks with at least <see cref="Recipe.HighResourceMinRows"/> training rows.</summary>
    MinRows,
}

public enum TooLongRows
{
    Drop,
    Truncate,
    Stop,
}

/// <summary>How the learning rate falls after its peak.</summary>
public enum LearningRateFall
{
    Cosine,
    Linear,
    Constant,
}

/// <summary>What a training computes in.</summary>
public enum ComputePrecision
{
    Full,

    /// <summary>Weights in bfloat16, updated through float32 copies: for processors that multiply bfloat16 natively.</summary>
    Bf16,
}

/// <summary>Which linear maps an adapter adapts.</summary>
public enum AdapterTargets
{
    AllLinear,
    Attention,
    FeedForward,
}

/// <summary>How a run trains. Every part of the method is one setting, so that leaving it out is an ablation.</summary>
public sealed record Recipe
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Shown to people.</summary>
    public string Name { get; init; } = "default";

    /// <summary>The same seed, data and base model give the same run on the same machine.</summary>
    public int Seed { get; init; } = 17;

    /// <summary>Examples seen in stages 2 and 3 together; an example seen twice counts twice.</summary>
    public long ExamplesBudget { get; init; } = 40_000;

    /// <summary>Extra examples that the probe may see, as a share of <see cref="ExamplesBudget"/>.</summary>
    public double ProbeShare { get; init; } = 0.08;

    /// <summary>How much a task's validation loss may be worse in the probe's mixture than alone, relative to alone, before the task is isolated.</summary>
    public double ProbeTolerance { get; init; } = 0.05;

    /// <summary>A task that showed the probe fewer examples than this is not isolated by it.</summary>
    public int ProbeExamplesMin { get; init; } = 100;

    public FilterStrategy FilterStrategy { get; init; } = FilterStrategy.Measured;

    /// <summary>The data rule: a task with fewer training rows is isolated.</summary>
    public int MinTrainRows { get; init; } = 50;

    /// <summary>UniMax's N: how often stage 3 may show one training row at most (epochs).</summary>
    public int MaxEpochs { get; init; } = 8;

    /// <summary>Part of <see cref="ExamplesBudget"/> that stage 2 gets; 0 leaves stage 2 out.</summary>
    public double Stage2Share { get; init; } = 0.35;

    public HighResourceRule HighResource { get; init; } = HighResourceRule.LargestGap;

    /// <summary>Training rows from which a task counts as high-resource, for <see cref="HighResourceRule.MinRows"/>.</summary>
    public int HighResourceMinRows { get; init; } = 1000;

    /// <summary>Stage 2's T: rates are raised to 1/T, so 1 is proportional and larger is flatter.</summary>
    public double Temperature { get; init; } = 2;

    /// <summary>Stage 2's K: rows beyond it do not raise a task's rate.</summary>
    public int Cap { get; init; } = 30_000;

    /// <summary>Peak learning rate of full fine-tuning.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Examples per optimizer step.</summary>
    public int BatchExamples { get; init; } = 32;

    /// <summary>Share of the optimizer steps during which the learning rate rises.</summary>
    public double WarmupShare { get; init; } = 0.06;

    public LearningRateFall LearningRateFall { get; init; }

    /// <summary>What is left of the peak learning rate at the end, unless it is constant.</summary>
    public double FinalLearningRateShare { get; init; } = 0.1;

    /// <summary>On matrices; norms and biases are never decayed.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest norm of the gradient over all weights; 0 leaves it unclipped.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Tokens that go through the model at once, at most; an optimizer step of more is summed up from several passes.</summary>
    public int MicroBatchTokens { get; init; } = 2048;

    /// <summary>Computes each layer a second time for its gradient instead of keeping it: less memory, more time.</summary>
    public bool GradientCheckpointing { get; init; }

    public ComputePrecision Precision { get; init; }

    /// <summary>Rank of an isolated task's adapter.</summary>
    public int AdapterRank { get; init; } = 16;

    /// <summary>The adapter's output is scaled by alpha / rank.</summary>
    public double AdapterAlpha { get; init; } = 32;

    /// <summary>Share of an adapter's inputs that are dropped in training.</summary>
    public double AdapterDropout { get; init; }

    public AdapterTargets AdapterTargets { get; init; }

    /// <summary>Peak learning rate of an adapter.</summary>
    public double AdapterLearningRate { get; init; } = 2e-3;

    /// <summary>Examples that one isolated task's adapter sees.</summary>
    public long AdapterExamples { get; init; } = 4000;

    /// <summary>Longest training sequence, instruction and answer included (tokens).</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>What happens to rows longer than <see cref="MaxTokens"/>.</summary>
    public TooLongRows TooLong { get; init; } = TooLongRows.Truncate;

    /// <summary>Validation rows per task that a measurement during training looks at, at most.</summary>
    public int ValidationRowsMax { get; init; } = 200;

    /// <summary>Measurements on validation rows during one training, its end included; the best one's weights are kept. 0 keeps the last.</summary>
    public int Validations { get; init; } = 4;

    /// <summary>Test rows per task that the evaluation looks at, at most; null means all.</summary>
    public int? TestRowsMax { get; init; }

    /// <summary>Longest time between two checkpoints (seconds).</summary>
    public int CheckpointSeconds { get; init; } = 120;

    /// <summary>Validation measurements without a better result after which a task stops early; 0 never stops.</summary>
    public int EarlyStopPatience { get; init; } = 3;

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public static Result<Recipe> Parse(string json)
    {
        Recipe? recipe;
        try
        {
            recipe = JsonSerializer.Deserialize<Recipe>(json, Json);
        }
        catch (JsonException exception)
        {
            return Error.Invalid("recipe_malformed", $"The recipe is not valid JSON for a recipe: {exception.Message}", exception.Path?.TrimStart('$', '.'));
        }

        if (recipe is null)
            return Error.Invalid("recipe_malformed", "The recipe is empty; write {} for the default one.");
        var errors = recipe.Validate();
        return errors.Count > 0 ? Result.Failure<Recipe>(errors) : recipe;
    }

    /// <summary>Every problem, each naming the field, its value and the allowed range.</summary>
    public IReadOnlyList<Error> Validate()
    {
        List<Error> errors = [];
        if (string.IsNullOrWhiteSpace(Name) || Name.Length > 128)
            errors.Add(Error.Invalid("recipe_name_invalid", "The recipe's name must have 1 to 128 characters.", "name"));
        Check(ExamplesBudget, 1, 1_000_000_000, "examplesBudget", "examples");
        Check(ProbeShare, 0, 1, "probeShare", "of the budget");
        Check(ProbeTolerance, 0, 10, "probeTolerance", "of the loss");
        Check(ProbeExamplesMin, 0, 1_000_000_000, "probeExamplesMin", "examples");
        Check(MinTrainRows, 0, 1_000_000, "minTrainRows", "rows");
        Check(MaxEpochs, 1, 1000, "maxEpochs", "epochs");
        Check(Stage2Share, 0, 0.95, "stage2Share", "of the budget");
        Check(HighResourceMinRows, 1, 100_000_000, "highResourceMinRows", "rows");
        Check(Temperature, 1, 100, "temperature", "");
        Check(Cap, 1, 100_000_000, "cap", "rows");
        Check(LearningRate, 1e-8, 1, "learningRate", "");
        Check(BatchExamples, 1, 65_536, "batchExamples", "examples");
        Check(WarmupShare, 0, 0.9, "warmupShare", "of the steps");
        Check(FinalLearningRateShare, 0, 1, "finalLearningRateShare", "of the peak");
        Check(WeightDecay, 0, 1, "weightDecay", "");
        Check(ClipNorm, 0, 1000, "clipNorm", "");
        Check(MicroBatchTokens, 16, 10_000_000, "microBatchTokens", "tokens");
        Check(AdapterRank, 1, 1024, "adapterRank", "");
        Check(AdapterAlpha, 1e-3, 10_000, "adapterAlpha", "");
        Check(AdapterDropout, 0, 0.95, "adapterDropout", "of the inputs");
        Check(AdapterLearningRate, 1e-8, 1, "adapterLearningRate", "");
        Check(AdapterExamples, 1, 1_000_000_000, "adapterExamples", "examples");
        Check(MaxTokens, 16, 1_048_576, "maxTokens", "tokens");
        Check(ValidationRowsMax, 1, 1_000_000, "validationRowsMax", "rows");
        Check(Validations, 0, 1000, "validations", "measurements");
        Check(TestRowsMax ?? 1, 1, 100_000_000, "testRowsMax", "rows");
        Check(CheckpointSeconds, 1, 86_400, "checkpointSeconds", "seconds");
        Check(EarlyStopPatience, 0, 1000, "earlyStopPatience", "measurements");
        return errors;

        void Check(double value, double low, double high, string field, string unit)
        {
            // Written so that NaN fails.
            if (!(value >= low && value <= high))
                errors.Add(Error.Invalid("recipe_out_of_range", $"{field} is {value}; it must lie between {low} and {high} {unit}".TrimEnd() + ".", field));
        }
    }
}

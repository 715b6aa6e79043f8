using System.Globalization;
using System.Text.Json.Nodes;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>A setting of the recipe as the form shows it.</summary>
/// <param name="Name">As in the recipe's JSON.</param>
public sealed record RecipeField(string Name, string Label, string? Unit, string Hint)
{
    public IReadOnlyList<string> Choices { get; init; } = [];

    public bool IsText { get; init; }

    public static IReadOnlyList<(string Title, IReadOnlyList<RecipeField> Fields)> Groups { get; } =
    [
        ("Budget",
        [
            new("name", "Recipe name", null, "Shown with the run.") { IsText = true },
            new("examplesBudget", "Examples budget", "rows", "Seen in stages 2 and 3 together; a row seen twice counts twice."),
            new("seed", "Seed", null, "The same seed, data and base model give the same run."),
            new("maxTokens", "Longest row", "tokens", "Instruction and answer included."),
            new("tooLong", "Longer rows", null, "What happens to rows beyond that.") { Choices = ["drop", "truncate", "stop"] },
        ]),
        ("Stage 1: which tasks fit together",
        [
            new("filterStrategy", "Filter", null, "none: all join. rules: the data decides. measured: a probe measures the effect, too.") { Choices = ["none", "rules", "measured"] },
            new("probeShare", "Probe's share", "of the budget", "Extra rows that the probe may see."),
            new("probeTolerance", "Probe's tolerance", "of the loss", "How much worse a task may get in the mixture before it is isolated."),
            new("probeExamplesMin", "Probe's least evidence", "rows", "A task that showed the probe fewer is not isolated by it."),
            new("minTrainRows", "Fewest training rows", "rows", "A smaller task gets its own adapter."),
        ]),
        ("Stage 2: high-resource tasks",
        [
            new("stage2Share", "Stage 2's share", "of the budget", "0 leaves stage 2 out."),
            new("highResource", "What counts as high-resource", null, "The largest gap between sizes, or a number of rows.") { Choices = ["largestGap", "minRows"] },
            new("highResourceMinRows", "High-resource from", "rows", "For minRows."),
            new("temperature", "Temperature", null, "1 mixes by size; larger is flatter."),
            new("cap", "Size cap", "rows", "Rows beyond it do not raise a task's share."),
        ]),
        ("Stage 3: all kept tasks",
        [
            new("maxEpochs", "Most epochs", "epochs", "How often one row is shown at most."),
            new("validations", "Measurements", null, "On validation rows during a training; the best one's weights are kept."),
            new("earlyStopPatience", "Patience", "measurements", "Without a better result, a task stops early; 0 never stops."),
        ]),
        ("Optimizer",
        [
            new("learningRate", "Learning rate", null, "At its peak, full fine-tuning."),
            new("batchExamples", "Batch", "rows", "Per optimizer step."),
            new("warmupShare", "Warm-up", "of the steps", "While the learning rate rises."),
            new("learningRateFall", "Fall of the learning rate", null, "After the warm-up.") { Choices = ["cosine", "linear", "constant"] },
            new("finalLearningRateShare", "Final learning rate", "of the peak", "Unless it is constant."),
            new("weightDecay", "Weight decay", null, "On matrices; norms and biases are left alone."),
            new("clipNorm", "Gradient clip", null, "Largest norm; 0 leaves it unclipped."),
            new("microBatchTokens", "Micro-batch", "tokens", "Through the model at once; several passes make one step."),
            new("gradientCheckpointing", "Recompute layers", null, "true: less memory, more time.") { Choices = ["false", "true"] },
            new("precision", "Precision", null, "bf16 pays on processors that multiply it natively.") { Choices = ["full", "bf16"] },
        ]),
        ("Adapters of isolated tasks",
        [
            new("adapterRank", "Rank", null, ""),
            new("adapterAlpha", "Alpha", null, "The output is scaled by alpha / rank."),
            new("adapterDropout", "Dropout", "of the inputs", "In training only."),
            new("adapterTargets", "Adapted maps", null, "Of each layer.") { Choices = ["allLinear", "attention", "feedForward"] },
            new("adapterLearningRate", "Adapter learning rate", null, ""),
            new("adapterExamples", "Examples per adapter", "rows", ""),
        ]),
        ("Measuring and safety",
        [
            new("validationRowsMax", "Validation rows", "rows", "Per task and measurement, at most."),
            new("testRowsMax", "Test rows", "rows", "Per task, at most; empty means all."),
            new("checkpointSeconds", "Checkpoint every", "seconds", "What a crash can cost at most."),
        ]),
    ];

    /// <summary>Numbers as numbers, yes and no as such; what is none stays text, so that the domain's message shows it.</summary>
    public JsonNode? ToJson(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return IsText ? "" : null;
        if (Choices.Contains("true") && bool.TryParse(text, out var flag))
            return flag;
        if (IsText || Choices.Count > 0)
            return text.Trim();
        if (long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole))
            return whole;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : text.Trim();
    }
}

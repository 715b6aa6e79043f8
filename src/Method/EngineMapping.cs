using Platform.Domain.Datasets;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Engine.Evaluation;
using Platform.Engine.Models;
using Platform.Engine.MultiTask;
using Platform.Engine.MultiTask.Filtering;
using Platform.Engine.Tasks;
using Platform.Engine.Training;
using EngineKind = Platform.Engine.Tasks.TaskKind;
using TaskKind = Platform.Domain.Tasks.TaskKind;

namespace Platform.Method;

/// <summary>The one place where the domain's words become the engine's.</summary>
public static class EngineMapping
{
    private static readonly string[] AttentionModules = ["q_proj", "k_proj", "v_proj", "o_proj"];

    public static TaskSpec Spec(TaskDefinition task) => new()
    {
        Name = task.Name,
        Kind = Kind(task.Kind),
        Instruction = task.Instruction,
        Labels = task.Labels,
        Metric = task.Metric,
        MaxOutputTokens = task.MaxOutputTokens,
    };

    /// <summary>As single-task baselines and probes train.</summary>
    public static TrainingOptions Training(Recipe recipe) => new()
    {
        LearningRate = WholeLearningRate(recipe),
        BatchExamples = recipe.Training.BatchExamples,
        MicroBatchTokens = recipe.Training.MicroBatchTokens,
        GradientCheckpointing = recipe.Training.GradientCheckpointing,
        Precision = recipe.Training.Precision == ComputePrecision.Bf16 ? TrainingPrecision.BFloat16 : TrainingPrecision.Full,
        WarmupShare = recipe.Training.WarmupShare,
        LearningRateCurve = recipe.Training.LearningRateFall switch
        {
            LearningRateFall.Linear => LearningRateCurve.Linear,
            LearningRateFall.Constant => LearningRateCurve.Constant,
            _ => LearningRateCurve.Cosine,
        },
        FinalLearningRateShare = recipe.Training.FinalLearningRateShare,
        WeightDecay = recipe.Training.WeightDecay,
        ClipNorm = recipe.Training.ClipNorm,
        MaxTokens = recipe.MaxTokens,
        LongRows = recipe.TooLong switch
        {
            TooLongRows.Drop => LongRows.Drop,
            TooLongRows.Truncate => LongRows.Truncate,
            _ => LongRows.Stop,
        },
        ValidationRowsMax = recipe.Validation.RowsMax,
        Validations = recipe.Validation.Count,
        EarlyStopPatience = recipe.Baselines.Patience,
        CheckpointInterval = TimeSpan.FromSeconds(recipe.CheckpointSeconds),
        Seed = recipe.Seed,
    };

    private static double WholeLearningRate(Recipe recipe) =>
        recipe.Training.Method == TrainingMethod.Lora ? recipe.Training.Lora.LearningRate : recipe.Training.LearningRate;

    /// <param name="stage">2 or 3.</param>
    /// <param name="mixture">What both stages show.</param>
    public static TrainingOptions StageTraining(Recipe recipe, int stage, MixturePlan mixture) => Training(recipe) with
    {
        LearningRate = (stage == 2 ? recipe.Stage2.LearningRate : recipe.Stage3.LearningRate) ?? WholeLearningRate(recipe),
        LossBalance = (stage == 2 ? recipe.Stage2.LossBalance : recipe.Stage3.LossBalance) switch
        {
            Domain.Runs.Recipes.LossBalance.Token => Engine.Training.LossBalance.Token,
            Domain.Runs.Recipes.LossBalance.Example => Engine.Training.LossBalance.Example,
            Domain.Runs.Recipes.LossBalance.Coba => Engine.Training.LossBalance.CoBa,
            _ => Engine.Training.LossBalance.Task,
        },
        Stretch = recipe.Stage3.Continues && mixture.Stage2Examples.Sum() > 0 ? Stretch(stage, mixture) : null,
        EarlyStopPatience = recipe.Stage3.EarlyStop.Patience,
        RollBack = recipe.Stage3.EarlyStop.RollBack,
        ReplayShare = recipe.Stage3.EarlyStop.ReplayShare,
    };

    private static TrainingStretch Stretch(int stage, MixturePlan mixture) => stage == 2
        ? new(new Dictionary<string, long>(), mixture.Stage3Examples.Sum())
        : new(mixture.Tasks.Zip(mixture.Stage2Examples).Where(task => task.Second > 0).ToDictionary(task => task.First, task => task.Second), 0);

    /// <summary>The tasks' own texts are read like a language, not answered: no task stops early, and each text counts by its length.</summary>
    public static TrainingOptions TextTraining(Recipe recipe) => Training(recipe) with
    {
        Objective = TrainingObjective.InputTexts,
        LearningRate = recipe.Stage0.LearningRate,
        LossBalance = Engine.Training.LossBalance.Token,
        EarlyStopPatience = 0,
    };

    public static TrainingOptions AdapterTraining(Recipe recipe) => Training(recipe) with { LearningRate = recipe.Adapters.LearningRate };

    public static LoraOptions Adapter(Recipe recipe) =>
        Lora(recipe.Adapters.Rank, recipe.Adapters.Alpha, recipe.Adapters.Dropout, recipe.Adapters.Targets, recipe.Seed);

    /// <summary>The adapter that stands for all weights in stages and baselines; null when all weights are trained.</summary>
    public static LoraOptions? WholeAdapter(Recipe recipe) => recipe.Training is { Method: TrainingMethod.Lora, Lora: var lora }
        ? Lora(lora.Rank, lora.Alpha, lora.Dropout, lora.Targets, recipe.Seed)
        : null;

    private static LoraOptions Lora(int rank, double alpha, double dropout, AdapterTargets targets, int seed) => new()
    {
        Rank = rank,
        Alpha = alpha,
        Dropout = dropout,
        TargetModules = targets switch
        {
            AdapterTargets.Attention => [.. LoraOptions.AllLinear.Where(module => AttentionModules.Contains(module))],
            AdapterTargets.FeedForward => [.. LoraOptions.AllLinear.Except(AttentionModules)],
            _ => LoraOptions.AllLinear,
        },
        Seed = seed,
    };

    /// <param name="examples">Of the whole probe.</param>
    public static FilterOptions Filtering(Recipe recipe, long examples) => new()
    {
        Examples = examples,
        Tolerance = recipe.Filter.Tolerance,
        Confidence = recipe.Filter.Confidence,
        ExamplesMin = recipe.Filter.ExamplesMin,
        TrainRowsMin = recipe.MinTrainRows,
        CheckBorderline = recipe.Filter.CheckBorderline,
    };

    public static MixturePlan Mixture(Recipe recipe, IReadOnlyList<RunTask> tasks, long examplesBudget)
    {
        var sizes = tasks.Select(task => checked((int)task.TrainRows)).ToList();
        var high = recipe.Stage2.HighResource switch
        {
            HighResourceRule.MinRows => HighResource.ByMinimum(sizes, recipe.Stage2.HighResourceMinRows),
            HighResourceRule.Quantile => HighResource.ByQuantile(sizes, recipe.Stage2.HighResourceQuantile),
            _ => HighResource.ByLargestGap(sizes),
        };
        return MixturePlan.Create(
            [.. tasks.Select((task, i) => new MixedTask(task.Task!.Name, sizes[i], task.AnswerBits ?? MostBits(task)))], examplesBudget, recipe.Stage2.Share, high, Mixing(recipe.Stage2.Mixing), Mixing(recipe.Stage3.Mixing), recipe.Stage3.Continues);
    }

    /// <summary>For data that was checked before entropies were measured: as if every label, or every answer of another kind, were as frequent as the others.</summary>
    private static double MostBits(RunTask task) => Math.Log2(Math.Max(2, task.Task!.Kind.AnswersWithLabel() && task.Task.Labels.Count > 0 ? task.Task.Labels.Count : task.TrainRows));

    private static MixingOptions Mixing(MixingSection mixing) => new()
    {
        Strategy = mixing.Strategy switch
        {
            Domain.Runs.Recipes.MixingStrategy.Information => Engine.MultiTask.MixingStrategy.Information,
            Domain.Runs.Recipes.MixingStrategy.UniMax => Engine.MultiTask.MixingStrategy.UniMax,
            Domain.Runs.Recipes.MixingStrategy.Uniform => Engine.MultiTask.MixingStrategy.Uniform,
            Domain.Runs.Recipes.MixingStrategy.Weights => Engine.MultiTask.MixingStrategy.Weights,
            _ => Engine.MultiTask.MixingStrategy.Proportional,
        },
        Cap = mixing.Cap,
        Temperature = mixing.Temperature,
        MaxEpochs = mixing.MaxEpochs,
        Weights = mixing.Weights,
    };

    public static TaskData Data(TaskSpec spec, string folder) => new(
        spec,
        TaskBundle.ReadSplit(Path.Combine(folder, Split.Train.FileName())),
        TaskBundle.ReadSplit(Path.Combine(folder, Split.Validation.FileName())),
        TaskBundle.ReadSplit(Path.Combine(folder, Split.Test.FileName())));

    public static GateVerdict Verdict(Verdict verdict) => verdict switch
    {
        Engine.Evaluation.Verdict.Pass => GateVerdict.Pass,
        Engine.Evaluation.Verdict.Fail => GateVerdict.Fail,
        _ => GateVerdict.NotEnoughRows,
    };

    private static EngineKind Kind(TaskKind kind) => kind switch
    {
        TaskKind.Classification => EngineKind.Classification,
        TaskKind.PairClassification => EngineKind.PairClassification,
        TaskKind.MultipleChoice => EngineKind.MultipleChoice,
        TaskKind.Similarity => EngineKind.Similarity,
        TaskKind.Tagging => EngineKind.Tagging,
        TaskKind.Extraction => EngineKind.Extraction,
        TaskKind.Generation => EngineKind.Generation,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
    };
}

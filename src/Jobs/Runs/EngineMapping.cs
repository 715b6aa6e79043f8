using Platform.Domain.Datasets;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Engine.Evaluation;
using Platform.Engine.Models;
using Platform.Engine.MultiTask;
using Platform.Engine.Tasks;
using Platform.Engine.Training;
using EngineKind = Platform.Engine.Tasks.TaskKind;
using TaskKind = Platform.Domain.Tasks.TaskKind;

namespace Platform.Jobs.Runs;

/// <summary>The one place where the domain's words become the engine's.</summary>
internal static class EngineMapping
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
        LearningRate = recipe.Training.LearningRate,
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
        EarlyStopPatience = recipe.Stage3.EarlyStop.Patience,
        CheckpointInterval = TimeSpan.FromSeconds(recipe.CheckpointSeconds),
        Seed = recipe.Seed,
    };

    /// <param name="stage">2 or 3.</param>
    public static TrainingOptions StageTraining(Recipe recipe, int stage) => Training(recipe) with
    {
        LearningRate = (stage == 2 ? recipe.Stage2.LearningRate : recipe.Stage3.LearningRate) ?? recipe.Training.LearningRate,
        LossBalance = (stage == 2 ? recipe.Stage2.LossBalance : recipe.Stage3.LossBalance) switch
        {
            Domain.Runs.Recipes.LossBalance.Token => Engine.Training.LossBalance.Token,
            Domain.Runs.Recipes.LossBalance.Example => Engine.Training.LossBalance.Example,
            _ => Engine.Training.LossBalance.Task,
        },
    };

    public static TrainingOptions AdapterTraining(Recipe recipe) => Training(recipe) with { LearningRate = recipe.Adapters.LearningRate };

    public static LoraOptions Adapter(Recipe recipe) => new()
    {
        Rank = recipe.Adapters.Rank,
        Alpha = recipe.Adapters.Alpha,
        Dropout = recipe.Adapters.Dropout,
        TargetModules = recipe.Adapters.Targets switch
        {
            AdapterTargets.Attention => [.. LoraOptions.AllLinear.Where(module => AttentionModules.Contains(module))],
            AdapterTargets.FeedForward => [.. LoraOptions.AllLinear.Except(AttentionModules)],
            _ => LoraOptions.AllLinear,
        },
        Seed = recipe.Seed,
    };

    public static MixturePlan Mixture(Recipe recipe, IReadOnlyList<RunTask> tasks, long examplesBudget) => MixturePlan.Create(
        [.. tasks.Select(task => (task.Task!.Name, checked((int)task.TrainRows)))],
        examplesBudget, recipe.Stage2.Share, recipe.Stage3.Mixing.MaxEpochs, recipe.Stage2.HighResource == HighResourceRule.LargestGap,
        recipe.Stage2.HighResourceMinRows, recipe.Stage2.Mixing.Temperature, recipe.Stage2.Mixing.Cap);

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

using System.Text.Json;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.MultiTask;
using Platform.Engine.Training;

namespace Platform.Method.Outside;

/// <summary>stageN.json: all that the trainer has to know beside the rows. Names say the unit where there is one.</summary>
internal static class StageSettings
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string Write(int stage, Recipe recipe, MixturePlan mixture, string file, long updates, int endToken)
    {
        var options = EngineMapping.StageTraining(recipe, stage, mixture);
        var rates = options.LearningRates(updates);
        return JsonSerializer.Serialize(
            new
            {
                stage,
                data = file,
                updates,
                endToken,
                options.Seed,
                options.BatchExamples,
                options.MaxTokens,
                Optimizer = new
                {
                    options.LearningRate,
                    TrainingOptions.Beta1,
                    TrainingOptions.Beta2,
                    TrainingOptions.Epsilon,
                    options.WeightDecay,
                    options.ClipNorm,
                },
                Schedule = new
                {
                    WarmupUpdates = rates.WarmupSteps,
                    UpdatesBefore = rates.StepsBefore,
                    UpdatesInAll = rates.TotalSteps,
                    Curve = options.LearningRateCurve.ToString().ToLowerInvariant(),
                    FinalShare = options.FinalLearningRateShare,
                },
                Bf16 = options.Precision == TrainingPrecision.BFloat16,
                options.GradientCheckpointing,
                Packing = new
                {
                    Tokens = options.MicroBatchTokens,
                    How = "padding-free: the rows of a micro-batch are one sequence, positions begin anew with each row, and flash attention keeps rows apart; the order stays",
                },
                LossBalance = options.LossBalance.ToString().ToLowerInvariant(),
                Lora = EngineMapping.WholeAdapter(recipe) is { } lora
                    ? new { lora.Rank, lora.Alpha, lora.Dropout, TargetModules = lora.TargetModules }
                    : null,
            },
            Json) + "\n";
    }
}

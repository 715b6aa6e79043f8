using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.Models;
using Platform.Engine.MultiTask;
using Platform.Engine.Training;
using Platform.Jobs.Runs;
using Platform.Method;

namespace Platform.Jobs.Tests.Runs;

public sealed class EngineMappingTests
{
    [Fact]
    public void Training_DefaultRecipe_IsTheEnginesDefault() =>
        Assert.Equal(new TrainingOptions(), EngineMapping.Training(new Recipe()));

    [Fact]
    public void Training_EverySetting_ReachesTheEngine()
    {
        var options = EngineMapping.Training(new Recipe
        {
            Training = new()
            {
                MicroBatchTokens = 512,
                GradientCheckpointing = true,
                Precision = ComputePrecision.Bf16,
                LearningRateFall = LearningRateFall.Linear,
                FinalLearningRateShare = 0,
            },
        });

        Assert.Equal((512, true, TrainingPrecision.BFloat16, LearningRateCurve.Linear, 0), (options.MicroBatchTokens, options.GradientCheckpointing, options.Precision, options.LearningRateCurve, options.FinalLearningRateShare));
        Assert.Empty(options.Problems());
    }

    [Fact]
    public void StageTraining_OwnRateAndBalance_GoBeforeTheSharedOnes()
    {
        var recipe = new Recipe { Stage2 = new() { LearningRate = 1e-4, LossBalance = Domain.Runs.Recipes.LossBalance.Token }, Stage3 = new() { LossBalance = Domain.Runs.Recipes.LossBalance.Task } };

        var (second, third) = (EngineMapping.StageTraining(recipe, 2, Mixture), EngineMapping.StageTraining(recipe, 3, Mixture));

        Assert.Equal((1e-4, Engine.Training.LossBalance.Token), (second.LearningRate, second.LossBalance));
        Assert.Equal((recipe.Training.LearningRate, Engine.Training.LossBalance.Task), (third.LearningRate, third.LossBalance));
    }

    [Theory]
    [InlineData(AdapterTargets.AllLinear, 7)]
    [InlineData(AdapterTargets.Attention, 4)]
    [InlineData(AdapterTargets.FeedForward, 3)]
    public void Adapter_Targets_AreModulesOfTheEngine(AdapterTargets targets, int modules)
    {
        var options = EngineMapping.Adapter(new Recipe { Adapters = new() { Targets = targets, Rank = 4, Alpha = 8, Dropout = 0.1 }, Seed = 3 });

        Assert.Equal((4, 8, 0.1, 3, modules), (options.Rank, options.Alpha, options.Dropout, options.Seed, options.TargetModules.Count));
        Assert.Empty(options.Problems());
    }

    private static readonly MixturePlan Mixture = new(["large", "small"], [true, false], [300, 0], [500, 200]);

    [Fact]
    public void StageTraining_ThatContinues_KnowsWhatWasShownAndWhatComes()
    {
        var recipe = new Recipe { Stage3 = new Stage3Section { Continues = true } };

        Assert.Equal(700, EngineMapping.StageTraining(recipe, 2, Mixture).Stretch!.ExamplesAfter);
        Assert.Equal([new("large", 300)], EngineMapping.StageTraining(recipe, 3, Mixture).Stretch!.ShownBefore);
        Assert.Null(EngineMapping.StageTraining(new Recipe(), 3, Mixture).Stretch);
        Assert.Null(EngineMapping.StageTraining(recipe, 3, Mixture with { Stage2Examples = [0, 0] }).Stretch);
    }
}

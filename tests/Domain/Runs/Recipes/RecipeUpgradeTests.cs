using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Tests.Runs.Recipes;

public sealed class RecipeUpgradeTests
{
    private const string Flat = """
        {"name": "old", "seed": 5, "examplesBudget": 10000, "probeShare": 0.23, "probeTolerance": 0.1, "probeExamplesMin": 7, "filterStrategy": "rules", "minTrainRows": 20,
         "maxEpochs": 6, "stage2Share": 0.2, "highResource": "minRows", "highResourceMinRows": 4000, "temperature": 3, "cap": 100, "learningRate": 0.0007, "batchExamples": 16,
         "warmupShare": 0.1, "learningRateFall": "linear", "finalLearningRateShare": 0.2, "weightDecay": 0.02, "clipNorm": 2, "microBatchTokens": 512, "gradientCheckpointing": true,
         "precision": "bf16", "adapterRank": 8, "adapterAlpha": 16, "adapterDropout": 0.1, "adapterTargets": "attention", "adapterLearningRate": 0.001, "adapterExamples": 50,
         "maxTokens": 160, "tooLong": "drop", "validationRowsMax": 40, "validations": 2, "testRowsMax": 300, "checkpointSeconds": 60, "earlyStopPatience": 1}
        """;

    [Fact]
    public void Parse_DocumentOfVersion1_KeepsTheMeaningOfEveryField()
    {
        var mixing = new MixingSection { MaxEpochs = 6 };
        var expected = new Recipe
        {
            Name = "old",
            Seed = 5,
            ExamplesBudget = 10_000,
            MaxTokens = 160,
            TooLong = TooLongRows.Drop,
            MinTrainRows = 20,
            CheckpointSeconds = 60,
            Filter = new() { Strategy = FilterStrategy.Rules, Share = 0.23, Tolerance = 0.1, ExamplesMin = 7 },
            Stage2 = new() { Share = 0.2, HighResource = HighResourceRule.MinRows, HighResourceMinRows = 4000, Mixing = mixing with { Temperature = 3, Cap = 100 } },
            Stage3 = new() { Mixing = mixing with { Strategy = MixingStrategy.UniMax }, EarlyStop = new() { Patience = 1 } },
            Training = new()
            {
                LearningRate = 0.0007,
                BatchExamples = 16,
                WarmupShare = 0.1,
                LearningRateFall = LearningRateFall.Linear,
                FinalLearningRateShare = 0.2,
                WeightDecay = 0.02,
                ClipNorm = 2,
                MicroBatchTokens = 512,
                GradientCheckpointing = true,
                Precision = ComputePrecision.Bf16,
            },
            Adapters = new() { Rank = 8, Alpha = 16, Dropout = 0.1, Targets = AdapterTargets.Attention, LearningRate = 0.001, Examples = 50 },
            Validation = new() { RowsMax = 40, Count = 2 },
            Evaluation = new() { TestRowsMax = 300 },
        };

        Assert.Equal(expected.ToJson(), Recipe.Parse(Flat).Value.ToJson());
    }

    [Fact]
    public void Parse_DocumentOfVersion1WithAProblem_NamesTheFieldInItsNewPlace() =>
        Assert.Equal("adapters.dropout", Recipe.Parse("""{"adapterDropout": 1}""").Error.Field);
}

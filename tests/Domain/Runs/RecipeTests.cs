using Platform.Domain.Runs;

namespace Platform.Domain.Tests.Runs;

public sealed class RecipeTests
{
    [Fact]
    public void Parse_WhatToJsonWrote_IsTheSameRecipe()
    {
        var recipe = new Recipe { Name = "ablation", FilterStrategy = FilterStrategy.None, TestRowsMax = 300, TooLong = TooLongRows.Stop, HighResource = HighResourceRule.MinRows };

        Assert.Equal(recipe, Recipe.Parse(recipe.ToJson()).Value);
    }

    [Fact]
    public void Parse_EmptyObject_IsTheDefaultRecipe() => Assert.Equal(new Recipe(), Recipe.Parse("{}").Value);

    [Theory]
    [InlineData("{\"learnigRate\":1}", "recipe_malformed")]
    [InlineData("{\"filterStrategy\":\"sometimes\"}", "recipe_malformed")]
    [InlineData("{\"seed\":\"x\"}", "recipe_malformed")]
    [InlineData("{", "recipe_malformed")]
    [InlineData("null", "recipe_malformed")]
    [InlineData("{\"stage2Share\":1}", "recipe_out_of_range")]
    public void Parse_Broken_SaysWhy(string json, string code) => Assert.Equal(code, Recipe.Parse(json).Error.Code);

    [Fact]
    public void Parse_RecipeStoredBeforeAFieldExisted_KeepsItsMeaning()
    {
        var recipe = Recipe.Parse("""{"name":"old","adapterRank":8,"adapterAlpha":16,"learningRate":0.001}""").Value;

        Assert.Equal(new Recipe { Name = "old", AdapterRank = 8, AdapterAlpha = 16, LearningRate = 0.001 }, recipe);
        Assert.Equal((AdapterTargets.AllLinear, 0, LearningRateFall.Cosine, ComputePrecision.Full, false), (recipe.AdapterTargets, recipe.AdapterDropout, recipe.LearningRateFall, recipe.Precision, recipe.GradientCheckpointing));
    }

    [Theory]
    [InlineData("{\"adapterTargets\":\"attention\",\"precision\":\"bf16\",\"gradientCheckpointing\":true,\"learningRateFall\":\"linear\"}", null)]
    [InlineData("{\"adapterDropout\":1}", "adapterDropout is 1; it must lie between 0 and 0.95 of the inputs.")]
    [InlineData("{\"microBatchTokens\":0}", "microBatchTokens is 0; it must lie between 16 and 10000000 tokens.")]
    [InlineData("{\"finalLearningRateShare\":-1}", "finalLearningRateShare is -1; it must lie between 0 and 1 of the peak.")]
    public void Parse_TrainingSettings_AreReadAndJudged(string json, string? problem)
    {
        var recipe = Recipe.Parse(json);

        Assert.Equal(problem, recipe.IsFailure ? recipe.Error.Message : null);
    }

    [Fact]
    public void Validate_ManyProblems_NamesEachFieldValueAndRange()
    {
        var errors = new Recipe { Name = "", ProbeShare = double.NaN, BatchExamples = 0, LearningRate = 5, TestRowsMax = 0, MaxTokens = 8 }.Validate();

        Assert.Equal(["name", "probeShare", "learningRate", "batchExamples", "maxTokens", "testRowsMax"], errors.Select(error => error.Field).OrderBy(field => Array.IndexOf(["name", "probeShare", "learningRate", "batchExamples", "maxTokens", "testRowsMax"], field)));
        Assert.Equal("maxTokens is 8; it must lie between 16 and 1048576 tokens.", errors.Single(error => error.Field == "maxTokens").Message);
    }
}

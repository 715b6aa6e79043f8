using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Tests.Runs.Recipes;

public sealed class RecipeTests
{
    /// <summary>No field has its default, and every kind of field is there.</summary>
    private static readonly Recipe Full = new()
    {
        Name = "true",
        Seed = -3,
        BaseModel = "base: small",
        BaseModelSha256 = new string('a', 64),
        Tasks = [new RecipeTask { Name = "intent", DatasetVersion = 3, Sha256 = new string('0', 64) }, new RecipeTask { Name = "1e5" }],
        ExamplesBudget = 900_000_000,
        TooLong = TooLongRows.Stop,
        Filter = new() { Strategy = FilterStrategy.None, Share = 0 },
        Stage2 = new() { Share = 0, LearningRate = 1e-7, HighResource = HighResourceRule.MinRows, LossBalance = LossBalance.Task },
        Stage3 = new() { Mixing = new() { Strategy = MixingStrategy.UniMax, Weights = new Dictionary<string, double> { ["intent"] = 0.5 } }, EarlyStop = new() { Patience = 0 } },
        Training = new() { GradientCheckpointing = true, Precision = ComputePrecision.Bf16, LearningRateFall = LearningRateFall.Constant },
        Adapters = new() { Targets = AdapterTargets.FeedForward },
        Evaluation = new() { TestRowsMax = 300 },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parse_WhatWasWritten_IsTheSameRecipe(bool asYaml)
    {
        var text = asYaml ? Full.ToYaml() : Full.ToJson();

        var read = Recipe.Parse(text);

        Assert.Equal("", read.IsFailure ? read.Summary : "");
        Assert.Equal(Full.ToJson(), read.Value.ToJson());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("version: 2")]
    [InlineData("# only a remark\nversion: 2\nfilter:\nstage3: {mixing: {}}\n")]
    public void Parse_NothingSaid_IsTheDefaultRecipe(string text) => Assert.Equal(new Recipe().ToJson(), Recipe.Parse(text).Value.ToJson());

    [Fact]
    public void Parse_PartOfASection_KeepsTheDefaultsOfItsPlace()
    {
        var recipe = Recipe.Parse("version: 2\nstage3:\n  mixing:\n    maxEpochs: 3\nstage2: {mixing: {maxEpochs: 3}}\ntasks: [intent, {name: titles, datasetVersion: 2}]\n").Value;

        Assert.Equal((MixingStrategy.UniMax, 3), (recipe.Stage3.Mixing.Strategy, recipe.Stage3.Mixing.MaxEpochs));
        Assert.Equal(MixingStrategy.Proportional, recipe.Stage2.Mixing.Strategy);
        Assert.Equal([new RecipeTask { Name = "intent" }, new RecipeTask { Name = "titles", DatasetVersion = 2 }], recipe.Tasks!);
    }

    [Theory]
    [InlineData("version: 2\ntraining: {learnigRate: 1}", "training.learnigRate is no field of a recipe; did you mean training.learningRate?")]
    [InlineData("version: 2\nlearningRate: 1", "learningRate is no field of a recipe; did you mean training.learningRate?")]
    [InlineData("version: 2\nprobeShare: 1", "probeShare is no field of a recipe; did you mean filter.share?")]
    [InlineData("version: 2\nfilter: {xyzzy: 1}", "filter.xyzzy is no field of a recipe; known here are strategy, share, tolerance, examplesMin, confidence, checkBorderline, overrides.")]
    [InlineData("learnigRate: 1", "learnigRate is no field of a recipe; did you mean learningRate?")]
    [InlineData("version: 3", "version is 3; it must be 2.")]
    [InlineData("filter: {share: 0.1}", "version is missing; write version: 2, since the recipe has the section filter (without a version it would be read in the flat shape of version 1).")]
    [InlineData("version: 2\nseed: \"17\"", "seed is \"17\"; write a whole number from -2147483648 to 2147483647, without quotes.")]
    [InlineData("version: 2\nexamplesBudget: 1.5", "examplesBudget is 1.5; write a whole number from 1 to 1000000000 examples, without quotes.")]
    [InlineData("version: 2\nexamplesBudget:", "examplesBudget is empty; write a whole number from 1 to 1000000000 examples, without quotes.")]
    [InlineData("version: 2\nexamplesBudget: 1e99", "examplesBudget is 1E+99; it must lie between 1 and 1000000000 examples. The default is 40000.")]
    [InlineData("version: 2\ntooLong: cut", "tooLong is \"cut\"; write one of drop, truncate, stop.")]
    [InlineData("version: 2\nfilter: {strategy: mesured}", "filter.strategy is \"mesured\"; write one of none, rules, measured, affinity, leaveOneOut (did you mean measured?).")]
    [InlineData("version: 2\ntraining: {gradientCheckpointing: yes}", "training.gradientCheckpointing is \"yes\"; write true or false.")]
    [InlineData("version: 2\nfilter: rules", "filter is \"rules\"; write its fields below it: strategy, share, tolerance, examplesMin, confidence, checkBorderline, overrides.")]
    [InlineData("version: 2\ntasks: [{datasetVersion: 1}]", "tasks[0].name is missing (The task's name); write it down.")]
    [InlineData("version: 2\ntasks: [a, b, a]", "tasks[2].name is a, which is in the list already; leave one of the two out.")]
    [InlineData("version: 2\nstage2: {mixing: {weights: {a: -1}}}", "stage2.mixing.weights.a is -1; it must lie between 0 and 1000000.")]
    [InlineData("version: 2\nbaseModelSha256: abc", "baseModelSha256 is no SHA-256 hash; write 64 digits from 0 to f in lower case, or leave the field out.")]
    [InlineData("{\"version\": 2, \"seed\": 1, \"seed\": 2}", "The recipe is not valid JSON: Duplicate property ")]
    [InlineData("{", "The recipe is not valid JSON (line 1, column 2): ")]
    [InlineData("version: 2\nseed: 1\nseed: 2", "The recipe is not valid YAML (line 3, column 1): 'seed' is there twice; leave one out.")]
    [InlineData("version: &v 2", "The recipe is not valid YAML (line 1, column 10): anchors (&) and tags (!) are not allowed in a recipe; write the plain value.")]
    [InlineData("a: *v", "The recipe is not valid YAML (line 1, column 4): '*v' is an alias, which a recipe may not have; write the value out.")]
    [InlineData("version: !!int 2", "The recipe is not valid YAML (line 1, column 10): anchors (&) and tags (!) are not allowed in a recipe; write the plain value.")]
    [InlineData("version: 2\n---\nversion: 2", "The recipe is not valid YAML (line 2, column 1): a second document begins; a recipe is one.")]
    [InlineData("version: 2\n\tseed: 1", "The recipe is not valid YAML (line 1, column 10): ")]
    [InlineData("null", "The recipe is empty or holds no fields; ")]
    [InlineData("", "The recipe is empty or holds no fields; ")]
    [InlineData("[1]", "The recipe is empty or holds no fields; ")]
    public void Parse_Broken_SaysWhatIsWrongAndHowToMendIt(string text, string message) =>
        Assert.StartsWith(message, Recipe.Parse(text).Error.Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_ManyProblems_ReportsThemAllWithTheirFields()
    {
        const string text = """
            version: 2
            name: ""
            nonsense: 1
            filter: {share: 2, strategy: always}
            stage2: {mixing: {cap: 0, unknown: 1}}
            training: {learningRate: fast, lora: {rank: 0}}
            evaluation: {testRowsMax: 0}
            """;

        Assert.Equal(
            ["evaluation.testRowsMax", "filter.share", "filter.strategy", "name", "nonsense", "stage2.mixing.cap", "stage2.mixing.unknown", "training.learningRate", "training.lora.rank"],
            Recipe.Parse(text).Errors.Select(error => error.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Parse_LargeOrDeepText_IsRefusedInsteadOfRead()
    {
        Assert.Equal("recipe_too_large", Recipe.Parse("name: " + new string('x', 2 << 20)).Error.Code);
        Assert.Contains("nested more than 16 deep", Recipe.Parse(string.Concat(Enumerable.Repeat("[", 2000))).Error.Message, StringComparison.Ordinal);
        Assert.Equal("recipe_malformed", Recipe.Parse("{\"a\":" + new string('[', 2000)).Error.Code);
    }

    [Fact]
    public void Validate_NotANumberInCode_IsOutOfRange()
    {
        var errors = new Recipe { Filter = new() { Share = double.NaN }, Stage2 = new() { LearningRate = 5 }, MaxTokens = 8 }.Validate();

        Assert.Equal(["maxTokens", "filter.share", "stage2.learningRate"], errors.Select(error => error.Field));
        Assert.Equal("maxTokens is 8; it must lie between 16 and 1048576 tokens. The default is 256.", errors[0].Message);
    }

    [Fact]
    public void Validate_WeightsWithoutAny_AreRefused()
    {
        var errors = new Recipe { Stage3 = new() { Mixing = new() { Strategy = MixingStrategy.Weights } } }.Validate();

        Assert.Contains(errors, error => error.Field == "stage3.mixing.weights");
    }
}

using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Tests.Runs.Recipes;

public sealed class RecipeFieldTests
{
    [Fact]
    public void All_EveryProperty_IsDocumentedWithItsRange()
    {
        Type[] sections = [.. typeof(Recipe).Assembly.GetTypes().Where(type => type.Namespace == typeof(Recipe).Namespace && type.IsPublic && (type == typeof(Recipe) || type.Name.EndsWith("Section", StringComparison.Ordinal)))];

        Assert.All(sections.SelectMany(type => type.GetProperties()), property => Assert.True(property.IsDefined(typeof(SettingAttribute), inherit: false), $"{property.DeclaringType!.Name}.{property.Name} has no [Setting]."));
        Assert.All(RecipeField.All, field => Assert.EndsWith(".", field.Setting.Description, StringComparison.Ordinal));
        Assert.All(RecipeField.All.Where(field => field.Kind is not (RecipeFieldKind.Section or RecipeFieldKind.List) && !(field.Kind == RecipeFieldKind.ByTask && field.Fields.Count > 0)), field => Assert.NotEqual("", field.Range));
    }

    [Theory]
    [InlineData("stage2.mixing.cap", RecipeFieldKind.Whole, "30000", "1 to 100000000")]
    [InlineData("stage3.mixing.strategy", RecipeFieldKind.Choice, "uniMax", "proportional, information, uniMax, uniform, weights")]
    [InlineData("stage2.learningRate", RecipeFieldKind.Number, "none", "1E-08 to 1")]
    [InlineData("tasks", RecipeFieldKind.List, "none", "")]
    [InlineData("tasks[].name", RecipeFieldKind.Text, "required", "up to 64 characters")]
    [InlineData("filter.overrides{}.decision", RecipeFieldKind.Choice, "required", "kept, isolated")]
    [InlineData("filter.checkBorderline", RecipeFieldKind.Flag, "false", "true, false")]
    public void All_Field_HasKindDefaultAndRange(string path, RecipeFieldKind kind, string standard, string range)
    {
        var field = RecipeField.All.Single(field => field.Path == path);

        Assert.Equal((kind, standard, range), (field.Kind, field.DefaultText, field.Range));
    }

    [Fact]
    public void Markdown_DocsPage_IsCurrent()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Platform.sln")))
            folder = folder.Parent;
        var page = Path.Combine(folder.FullName, "docs", "recipe.md");

        Assert.True(
            File.Exists(page) && File.ReadAllText(page).ReplaceLineEndings("\n") == RecipeTable.Markdown(),
            "docs/recipe.md is not what the program says. Write it anew: ./platform recipe fields --markdown > docs/recipe.md");
    }

    [Fact]
    public void DefaultRecipe_HasNoProblem() => Assert.Empty(new Recipe().Validate());
}

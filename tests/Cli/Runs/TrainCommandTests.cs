namespace Platform.Cli.Tests.Runs;

public sealed class TrainCommandTests
{
    [Theory]
    [InlineData("{ \"examplesBudget\": 0 }", "examplesBudget is 0")]
    [InlineData("{ \"budget\": 10 }", "budget")]
    [InlineData("{", "not valid JSON")]
    public async Task Train_MalformedRecipe_NamesFileAndField(string recipe, string expected)
    {
        using var folder = new TestFolder();

        var run = (await CommandRun.OfAsync("train", "--recipe", folder.Write("recipe.json", recipe), "--data", folder.Data)).Expect(1);

        Assert.Contains("recipe.json", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_UnknownTask_IsNamed()
    {
        using var folder = new TestFolder();
        (await CommandRun.OfAsync("import", TinyBundle.WriteTo(folder), "--team", "hotel", "--data", folder.Data)).Expect(0);

        Assert.Contains("'moood'", (await CommandRun.OfAsync("train", "moood", "--data", folder.Data)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_OfANewPlatform_ShowsThatNobodyAnswers()
    {
        using var folder = new TestFolder();
        var port = $"{FreePort.Next()}";

        var json = (await CommandRun.OfAsync("status", "--portal-port", port, "--api-port", port, "--jobs-port", port, "--data", folder.Data, "--json")).Expect(0).Json;

        Assert.All(json.GetProperty("hosts").EnumerateArray(), host => Assert.False(host.GetProperty("answers").GetBoolean()));
        Assert.Empty(json.GetProperty("runs").EnumerateArray());
    }

    [Theory]
    [InlineData("status", "7")]
    [InlineData("retry", "7")]
    [InlineData("runs", "show", "7", "--map")]
    [InlineData("runs", "override", "7", "mood", "--keep", "--reason", "x")]
    [InlineData("what-if", "task-7")]
    [InlineData("deploy", "7")]
    [InlineData("models", "show", "7")]
    [InlineData("models", "report", "1", "task-7")]
    public async Task Command_ForSomethingThatIsNotThere_NamesIt(params string[] arguments)
    {
        using var folder = new TestFolder();

        Assert.Contains("7", (await CommandRun.OfAsync([.. arguments, "--data", folder.Data])).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Usage_OfANewPlatform_IsEmpty()
    {
        using var folder = new TestFolder();

        Assert.Empty((await CommandRun.OfAsync("usage", "--group-by", "day", "--data", folder.Data, "--json")).Expect(0).Json.GetProperty("rows").EnumerateArray());
    }

    [Fact]
    public async Task Usage_DateThatIsNone_IsAWrongCommandLine() =>
        Assert.Contains("yesterday", (await CommandRun.OfAsync("usage", "--from", "yesterday")).Expect(2).Error, StringComparison.Ordinal);
}

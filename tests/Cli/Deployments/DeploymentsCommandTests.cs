using Platform.Cli.Terminal;

namespace Platform.Cli.Tests.Deployments;

/// <summary>What the command lines of rollouts refuse before anything is opened.</summary>
public sealed class DeploymentsCommandTests
{
    [Theory]
    [InlineData("Give only one of --canary and --shadow", "deploy", "1", "--approve", "--reason", "x", "--canary", "5", "--shadow", "5")]
    [InlineData("--share needs --canary PERCENT or --shadow PERCENT", "deploy", "1", "--approve", "--reason", "x", "--share", "trec=5")]
    [InlineData("--share trec: write TASK=PERCENT", "deploy", "1", "--approve", "--reason", "x", "--canary", "5", "--share", "trec")]
    [InlineData("--share trec=-4: write TASK=PERCENT", "deploy", "1", "--approve", "--reason", "x", "--canary", "5", "--share", "trec=-4")]
    [InlineData("Give --canary PERCENT or --shadow PERCENT", "deployments", "share", "1", "--reason", "x")]
    [InlineData("--to needs --task TASK", "deployments", "roll-back", "--to", "2", "--reason", "x")]
    [InlineData("--reason", "deployments", "promote", "1")]
    public async Task Deployments_WrongCommandLine_SaysWhatToGive(string message, params string[] arguments)
    {
        var run = (await CommandRun.OfAsync(arguments)).Expect(ExitCodes.Usage);

        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deployments_NothingDeployed_ListIsEmptyAndThereIsNothingToGoBackTo()
    {
        using var folder = new TestFolder();

        var list = (await CommandRun.OfAsync("deployments", "list", "--data", folder.Data, "--json")).Expect(ExitCodes.Done);
        var back = (await CommandRun.OfAsync("deployments", "roll-back", "--reason", "Worse.", "--data", folder.Data)).Expect(ExitCodes.Failed);

        Assert.Equal(0, list.Json.GetProperty("deployments").GetArrayLength());
        Assert.Contains("nothing to go back to", back.Error, StringComparison.Ordinal);
    }
}

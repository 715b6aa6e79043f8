namespace Platform.Cli.Tests.Terminal;

public sealed class CommandRunnerTests
{
    [Theory]
    [InlineData("Required command")]
    [InlineData("keys", "keys")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("--text", "tokenize", "--model", "m", "--text", "a", "--file", "b")]
    [InlineData("--text", "tokenize", "--model", "m")]
    [InlineData("'x' is not a token id", "logits", "--model", "m", "--ids", "1,x")]
    [InlineData("--reason", "deploy", "1", "--approve")]
    [InlineData("65535", "start", "--api-port", "70000")]
    public async Task Run_WrongCommandLine_Ends2AndSaysWhyOnStandardError(string expected, params string[] arguments)
    {
        var run = (await CommandRun.OfAsync(arguments)).Expect(2);

        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Help_OfTheProgram_ListsEveryCommand()
    {
        var run = (await CommandRun.OfAsync("--help")).Expect(0);

        foreach (var command in PlatformCommand.Create().Subcommands)
            Assert.Contains($"  {command.Name} ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_OfEveryCommand_EndsWell()
    {
        foreach (var command in PlatformCommand.Create().Subcommands)
            Assert.Contains("--json", (await CommandRun.OfAsync(command.Name, "--help")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MalformedSetting_NamesTheSettingAndItsMend()
    {
        using var folder = new TestFolder();
        var file = folder.Write("data", "a file where a folder belongs");

        var run = (await CommandRun.OfAsync("status", "--data", file)).Expect(1);

        Assert.Contains("Platform__DataPath", run.Error, StringComparison.Ordinal);
    }
}

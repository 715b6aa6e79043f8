using System.Text.Json;
using Platform.Cli.Terminal;

namespace Platform.Cli.Tests;

/// <summary>One command as the terminal runs it, with what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static async Task<CommandRun> OfAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandRunner.RunAsync(PlatformCommand.Create(), arguments, output, error, TestContext.Current.CancellationToken);
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    /// <summary>The whole of standard output as one JSON value: anything else there makes this throw.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public CommandRun Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}\n{Output}\n{Error}");
        return this;
    }
}

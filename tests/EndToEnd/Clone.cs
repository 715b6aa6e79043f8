using System.Diagnostics;

namespace Platform.EndToEnd.Tests;

/// <summary>The clone that the tests were built from, and its terminal program.</summary>
internal static class Clone
{
    public static string Root { get; } = FindRoot();

    /// <summary>Screenshots, and the logs of platforms that failed.</summary>
    public static string Results { get; } = Directory.CreateDirectory(Path.Combine(Root, "TestResults", "EndToEnd")).FullName;

    /// <summary>Of src/, built in the same configuration as these tests.</summary>
    public static string ProgramOf(string project) => Path.Combine(
        Root, "src", project, Path.GetRelativePath(Path.Combine(Root, "tests", "EndToEnd"), AppContext.BaseDirectory), project == "Cli" ? "platform.dll" : $"Platform.{project}.dll");

    public static ProcessStartInfo Command(params IEnumerable<string> arguments) => new("dotnet", [ProgramOf("Cli"), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
    };

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string? input, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(Command(arguments))!;
        if (input is not null)
            await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
                return folder.FullName;
        throw new InvalidOperationException("The tests run from inside a clone: no folder above them holds Platform.sln.");
    }
}

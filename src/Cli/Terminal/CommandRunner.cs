using System.CommandLine;
using System.Net.Http;
using Microsoft.Extensions.Options;

namespace Platform.Cli.Terminal;

/// <summary>Parses, runs and turns every outcome into an exit code; the only place that writes errors.</summary>
internal static class CommandRunner
{
    /// <summary>How long a command may take to clean up after Ctrl-C or SIGTERM; stopping three processes takes the most.</summary>
    private static readonly TimeSpan CleanUp = TimeSpan.FromSeconds(90);

    public static async Task<int> RunAsync(RootCommand root, IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        // Texts may begin with '@': no argument is the name of a file with arguments.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in parsed.Errors)
                await error.WriteLineAsync($"error: {problem.Message}");
            await error.WriteLineAsync($"See: platform {string.Join(' ', CommandPath(parsed).Append("--help"))}");
            return ExitCodes.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = CleanUp,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (Exception exception)
        {
            foreach (var line in Explain(exception))
                await error.WriteLineAsync(line);
            return exception is OperationCanceledException and not TaskCanceledException { InnerException: TimeoutException } ? ExitCodes.Interrupted : ExitCodes.Failed;
        }
    }

    private static IEnumerable<string> Explain(Exception exception) => exception switch
    {
        CommandFailure failure => failure.Problems.Select(problem => $"error: {problem}"),
        OptionsValidationException options => options.Failures.Select(problem => $"error: {problem}"),
        TaskCanceledException { InnerException: TimeoutException } => ["error: The server did not answer in time. Look at its log, or try again."],
        OperationCanceledException => ["Stopped."],
        InvalidDataException or IOException or UnauthorizedAccessException or HttpRequestException => [$"error: {exception.Message}"],
        _ => [$"error: This is a mistake in the platform, please report it: {exception}"],
    };

    private static List<string> CommandPath(ParseResult parsed)
    {
        List<string> names = [];
        for (var command = parsed.CommandResult; command.Parent is System.CommandLine.Parsing.CommandResult parent; command = parent)
            names.Insert(0, command.Command.Name);
        return names;
    }
}

using Platform.Domain.Results;

namespace Platform.Cli.Terminal;

/// <summary>Ends a command with exit code 1 and these sentences on standard error.</summary>
internal sealed class CommandFailure(params IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}

internal static class ResultExtensions
{
    /// <summary>The value, or the end of the command with every problem.</summary>
    public static T OrFail<T>(this Result<T> result, string? context = null)
    {
        ((Result)result).OrFail(context);
        return result.Value;
    }

    public static void OrFail(this Result result, string? context = null)
    {
        if (result.IsFailure)
            throw new CommandFailure([.. result.Errors.Select(error => context is null ? error.Message : $"{context}: {error.Message}")]);
    }
}

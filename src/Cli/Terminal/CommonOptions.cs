using System.CommandLine;

namespace Platform.Cli.Terminal;

internal static class CommonOptions
{
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Write the result as JSON, and nothing else, to standard output",
        Recursive = true,
    };

    public static Option<string?> Data { get; } = new("--data")
    {
        Description = "The data folder (database, artifacts, logs); default: Platform__DataPath, else data/ next to the solution",
        HelpName = "DIR",
        Recursive = true,
    };

    public static Option<string?> As { get; } = new("--as")
    {
        Description = "Act as the user with this address, with their rights; default: the terminal itself, which acts as an admin",
        HelpName = "EMAIL",
    };
}
